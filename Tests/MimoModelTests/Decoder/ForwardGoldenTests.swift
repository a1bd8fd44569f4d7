import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct ForwardGoldenTests {
    @Test("Logits of whole sequences equal the reference's", arguments: Golden.tinyModels)
    func logits(model: String) throws {
        let decoder = try GoldenRun.decoder(model)
        let file = try SafetensorsFile(path: Golden.path("model/\(model)/forward.safetensors"))
        for sequence in 0..<3 {
            let ids = try GoldenRun.ids(file, "ids.\(sequence)")
            let expected = try file.tensor("logits.\(sequence)")
            let logits = InferencePass(decoder).run(
                [(KeyValueCache(decoder.config), ids)],
                logits: .all
            )
            expectClose(logits.elements, expected.elements, atol: 1e-4, "\(model) sequence \(sequence)")
        }
    }

    @Test(
        "Tokens given one by one, or in unequal parts, give the logits of the whole",
        arguments: Golden.tinyModels
    )
    func cache(model: String) throws {
        let decoder = try GoldenRun.decoder(model)
        let file = try SafetensorsFile(path: Golden.path("model/\(model)/forward.safetensors"))
        let ids = try GoldenRun.ids(file, "ids.2")
        let expected = try file.tensor("logits.2")
        for part in [1, 3, 30] {
            let pass = InferencePass(decoder)
            let cache = KeyValueCache(decoder.config, capacity: 2)
            var logits: [Float] = []
            for start in stride(from: 0, to: ids.count, by: part) {
                let next = Array(ids[start..<min(start + part, ids.count)])
                logits += pass.run([(cache, next)], logits: .all).elements
            }
            expectClose(logits, expected.elements, atol: 1e-4, "\(model) in parts of \(part)")
        }
    }

    @Test("Sequences that are generated together do not see each other", arguments: Golden.tinyModels)
    func batch(model: String) throws {
        let decoder = try GoldenRun.decoder(model)
        let file = try SafetensorsFile(path: Golden.path("model/\(model)/forward.safetensors"))
        let sequences = try (0..<3).map {
            (KeyValueCache(decoder.config), try GoldenRun.ids(file, "ids.\($0)"))
        }
        let expected = try (0..<3).flatMap { try file.tensor("logits.\($0)").elements }
        let logits = InferencePass(decoder).run(sequences, logits: .all)
        expectClose(logits.elements, expected, atol: 1e-4, model)
    }

    @Test(
        "An adapter changes the logits as PEFT's does",
        arguments: Golden.tinyModels,
        [("all_linear", Float(2)), ("rslora", 4), ("qv", 2)]
    )
    func adapter(model: String, adapter: (name: String, scale: Float)) throws {
        let folder = Golden.path("model/\(model)/adapter/\(adapter.name)")
        var decoder = try GoldenRun.decoder(model)
        try GoldenRun.attach(
            "\(folder)/adapter_model.safetensors",
            to: &decoder,
            scale: adapter.scale,
            isTrained: false
        )
        let file = try SafetensorsFile(path: "\(folder)/expected/adapter_logits.safetensors")
        let logits = InferencePass(decoder).run(
            [(KeyValueCache(decoder.config), try GoldenRun.ids(file, "ids"))],
            logits: .all
        )
        expectClose(
            logits.elements,
            try file.tensor("logits").elements,
            atol: 1e-4,
            "\(model) \(adapter.name)"
        )
    }
}
