import MimoData
import MimoFiles
import MimoNumerics
import MimoTestSupport

/// The rows of a golden case of `train/`, step by step.
struct GoldenSteps {
    /// Every step has so many.
    static let rowsPerStep = 4

    /// What the case says.
    let json: JSON
    /// The rows of each step.
    let rows: [[Sample]]

    init(_ model: String) throws {
        json = try Self.json("model/\(model)/train/case.json")
        rows = (json["steps"]?.arrayValue ?? []).map { step in
            let rows = (step.arrayValue ?? []).map { row in
                Sample(
                    ids: Self.ints(row["ids"]),
                    labels: Self.ints(row["labels"]),
                    lossScale: row["loss_scale"]?.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } }
                )
            }
            // A row without labels fills up steps that have fewer rows than others: it contributes nothing.
            let filler = Sample(ids: [1, 2], labels: [-100, -100])
            return rows + Array(repeating: filler, count: Self.rowsPerStep - rows.count)
        }
    }

    /// A golden file of JSON.
    static func json(_ name: String) throws -> JSON { try JSON(parsing: bytes(Golden.path(name))) }

    /// A file's content.
    static func bytes(_ path: String) throws -> [UInt8] {
        let storage = try TensorStorage(mapping: path)
        return storage.bytes(0..<storage.byteCount)
    }

    private static func ints(_ json: JSON?) -> [Int32] {
        (json?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
    }
}
