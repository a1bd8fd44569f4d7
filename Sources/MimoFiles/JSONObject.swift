/// The members of a JSON object in the order of the file.
///
/// Look-ups scan small objects and use an index from 16 members on.
public struct JSONObject: Sendable, Equatable {
    /// The members' names, in order.
    public private(set) var keys: [String] = []
    /// The members' values, in the order of ``keys``.
    public private(set) var values: [JSON] = []
    private var index: [Name: Int] = [:]

    private static let indexThreshold = 16

    /// A member's name by its bytes: `String ==` takes NFC and NFD for equal.
    private struct Name: Hashable {
        let text: String

        static func == (lhs: Name, rhs: Name) -> Bool { lhs.text.utf8.elementsEqual(rhs.text.utf8) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    /// An object without members.
    public init() {}

    /// An object of these members; a name given twice keeps its first place and its last value.
    public init(_ members: [(String, JSON)]) {
        for (key, value) in members { self[key] = value }
    }

    /// How many members there are.
    public var count: Int { keys.count }

    /// The member's value; setting nil removes the member, setting a new name appends it.
    public subscript(key: String) -> JSON? {
        get { position(of: key).map { values[$0] } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?):
                values[position] = value
            case (nil, let value?):
                keys.append(key)
                values.append(value)
                if keys.count == Self.indexThreshold { rebuildIndex() }
                if keys.count > Self.indexThreshold { index[Name(text: key)] = keys.count - 1 }
            case (let position?, nil):
                keys.remove(at: position)
                values.remove(at: position)
                rebuildIndex()
            case (nil, nil):
                break
            }
        }
    }

    /// Objects are equal when their members are, in the same order.
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        lhs.keys.count == rhs.keys.count && lhs.values == rhs.values
            && zip(lhs.keys, rhs.keys).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    private func position(of key: String) -> Int? {
        guard keys.count < Self.indexThreshold else { return index[Name(text: key)] }
        let count = key.utf8.count
        return keys.firstIndex { $0.utf8.count == count && $0.utf8.elementsEqual(key.utf8) }
    }

    private mutating func rebuildIndex() {
        index.removeAll(keepingCapacity: true)
        guard keys.count >= Self.indexThreshold else { return }
        for (position, key) in keys.enumerated() { index[Name(text: key)] = position }
    }
}

extension JSONObject: Sequence {
    /// The members in order.
    public func makeIterator() -> AnyIterator<(key: String, value: JSON)> {
        var position = 0
        return AnyIterator {
            guard position < keys.count else { return nil }
            defer { position += 1 }
            return (keys[position], values[position])
        }
    }
}
