import MimoModel
import MimoTestSupport
import Testing

/// The reference's adapters of the tiny models.
struct GoldenAdapter: Sendable, CustomTestStringConvertible {
    let model: String
    let name: String

    var base: String { Golden.path("model/\(model)") }
    var directory: String { Golden.path("model/\(model)/adapter/\(name)") }
    func expected(_ file: String) -> String { Golden.path("model/\(model)/adapter/\(name)/expected/\(file)") }
    var testDescription: String { "\(model)/\(name)" }

    static let all = Golden.tinyModels.flatMap { model in
        ["all_linear", "rslora", "qv", "pattern"].map { GoldenAdapter(model: model, name: $0) }
    }
}
