package import MimoFiles

/// The members of a configuration object, taken out with checks; errors name the file and the field.
package struct ConfigFields {
    package let path: String
    package let members: JSONObject
    /// What stands before a field's name in messages, such as `rope_scaling.`.
    let prefix: String

    package init(path: String, members: JSONObject, prefix: String = "") {
        self.path = path
        self.members = members
        self.prefix = prefix
    }

    /// The value, or nil where the field is absent or null.
    package subscript(field: String) -> JSON? {
        guard let value = members[field], !value.isNull else { return nil }
        return value
    }

    /// A whole number within bounds that no real model exceeds, so that products of sizes cannot overflow.
    package func count(_ field: String, default standard: Int? = nil, atLeast least: Int = 1) throws -> Int {
        guard let value = self[field] else {
            if let standard { return standard }
            throw invalid(field, "missing", "a whole number")
        }
        guard case .int = value, let number = value.intValue, number >= least, number <= 1 << 28 else {
            throw invalid(field, value.text(), "a whole number from \(least) to \(1 << 28)")
        }
        return number
    }

    /// A finite number above zero.
    package func positive(_ field: String, default standard: Double? = nil) throws -> Double {
        guard let value = self[field] else {
            if let standard { return standard }
            throw invalid(field, "missing", "a number above 0")
        }
        guard let number = value.doubleValue, number.isFinite, number > 0 else {
            throw invalid(field, value.text(), "a number above 0")
        }
        return number
    }

    package func flag(_ field: String, default standard: Bool) throws -> Bool {
        guard let value = self[field] else { return standard }
        guard let flag = value.boolValue else { throw invalid(field, value.text(), "true or false") }
        return flag
    }

    package func string(_ field: String) throws -> String? {
        guard let value = self[field] else { return nil }
        guard let string = value.stringValue else { throw invalid(field, value.text(), "a string") }
        return string
    }

    /// One token id or a list of them; empty where the field is absent.
    package func tokenIDs(_ field: String) throws -> [Int] {
        guard let value = self[field] else { return [] }
        let ids = (value.arrayValue ?? [value]).map { $0.intValue }
        guard !ids.contains(where: { $0 == nil || $0 ?? 0 < 0 }) else {
            throw invalid(field, value.text(), "a token id or a list of them")
        }
        return ids.compactMap { $0 }
    }

    /// The members of an object within; nil where the field is absent, null or empty.
    package func object(_ field: String) throws -> ConfigFields? {
        guard let value = self[field] else { return nil }
        guard let members = value.objectValue else { throw invalid(field, value.kind, "an object") }
        return members.count == 0
            ? nil : ConfigFields(path: path, members: members, prefix: "\(prefix)\(field).")
    }

    package func invalid(_ field: String, _ found: String, _ expected: String) -> ModelError {
        .invalidConfig(path: path, field: prefix + field, found: found, expected: expected)
    }
}
