import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct GenerationDefaultsTests {
    static func options(_ file: String?, _ change: (inout SamplingSettings) -> Void = { _ in }) throws
        -> SamplingOptions
    {
        let folder = try TemporaryFolder()
        if let file { try folder.write(file, to: "generation_config.json") }
        var settings = SamplingSettings()
        change(&settings)
        return settings.completed(by: try GenerationDefaults(directory: folder.path), seed: 42)
    }

    @Test("A model that does not ask for sampling is decoded greedily, until a temperature is given")
    func greedy() throws {
        #expect(try Self.options(nil).temperature == 0)
        #expect(try Self.options(#"{"eos_token_id": 2, "top_p": 0.9}"#).temperature == 0)
        #expect(try Self.options(#"{"do_sample": false, "temperature": 0.6}"#).temperature == 0)
        let sampled = try Self.options(#"{"eos_token_id": 2}"#) { $0.temperature = 0.7 }
        #expect(sampled == SamplingOptions(temperature: 0.7, topK: 50, topP: 1, seed: 42))
    }

    @Test("What a model asks for holds where nothing else is given")
    func model() throws {
        let file = #"{"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": null}"#
        #expect(try Self.options(file) == SamplingOptions(temperature: 0.6, topK: 20, topP: 0.95))
        #expect(try Self.options(file) { $0.temperature = 0 }.temperature == 0)
        let own = try Self.options(file) {
            $0.topK = 0
            $0.repetitionPenalty = 1.2
        }
        #expect(own == SamplingOptions(temperature: 0.6, topK: 0, topP: 0.95, repetitionPenalty: 1.2))
    }

    @Test("A setting of the wrong type is refused with the file's name")
    func refused() throws {
        #expect(throws: InferError.self) { try Self.options(#"{"top_p": "much"}"#) }
        #expect(throws: InferError.self) { try Self.options("{") }
    }
}
