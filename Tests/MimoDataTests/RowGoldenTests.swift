import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import Testing

/// The reference's standard rows and data set items.
@Suite struct RowGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let json: JSON
        var testDescription: String {
            json["arg"]?.stringValue
                ?? "\(json["columns_note"]?.stringValue ?? "?") \(json["subset"]?.stringValue ?? "")"
        }
    }

    static func cases(_ name: String) -> [Case] {
        guard let text = try? String(contentsOfFile: Golden.path(name), encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            (try? JSON(parsing: String(line))).map(Case.init)
        }
    }

    static let rows = cases("dataset/rows.jsonl")
    static let items = cases("dataset/syntax.jsonl")
    static let isPresent = Golden.has("dataset/rows.jsonl")

    @Test(.enabled(if: isPresent, "needs ../shared")) func everyCaseIsThere() {
        #expect(Self.rows.count == 108)
        #expect(Self.items.count == 48)
    }

    @Test(.enabled(if: isPresent, "needs ../shared"), arguments: rows)
    func aRowTakesItsStandardForm(_ golden: Case) throws {
        let columns = golden.json["columns"]?.objectValue ?? JSONObject()
        var standardizer = RowStandardizer(
            columns: Dictionary(uniqueKeysWithValues: columns.map { ($0.key, $0.value.stringValue ?? "") })
        )
        if let subset = golden.json["subset"]?.stringValue {
            standardizer.selfCognition = try SelfCognition(
                subset: subset,
                name: golden.json["model_name"]?.arrayValue?.map(\.stringValue) ?? [],
                author: golden.json["model_author"]?.arrayValue?.map(\.stringValue) ?? []
            )
        }
        let expected = try #require(golden.json["expected"])
        let row: JSON
        do {
            row = try standardizer.standardize(try #require(golden.json["raw_row"]))
        } catch {
            #expect(expected.isNull, "refused: \(error)")
            return
        }
        #expect(Self.sorted(row).text() == Self.sorted(expected).text())
    }

    @Test(.enabled(if: isPresent, "needs ../shared"), arguments: items)
    func anItemIsReadAsTheReferenceReadsIt(_ golden: Case) throws {
        let files = golden.json["existing"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let argument = try #require(golden.json["arg"]?.stringValue)
        let item: DatasetItem
        do {
            item = try DatasetItem(argument) { path in
                let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
                if files.contains(path) { return .path }
                return files.contains { $0.hasPrefix(path + "/") } ? .repo : nil
            }
        } catch {
            #expect(golden.json["error"] != nil, "refused: \(error)")
            return
        }
        let expected = try #require(golden.json["expected"])
        #expect(item.dataset == expected["dataset"]?.stringValue)
        #expect(item.subsets == expected["subsets"]?.arrayValue?.compactMap(\.stringValue))
        #expect(item.sample == expected["sample"]?.intValue)
        #expect(item.hub?.rawValue == expected["hub"]?.stringValue)
        #expect(item.kind.rawValue == expected["type"]?.stringValue)
    }

    /// The members in the order of their names, at every depth.
    static func sorted(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): .array(elements.map(sorted))
        case .object(let members):
            .object(JSONObject(members.map { ($0.key, sorted($0.value)) }.sorted { $0.0 < $1.0 }))
        default: value
        }
    }
}
