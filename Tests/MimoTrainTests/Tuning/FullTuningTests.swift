import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite(.serialized) struct FullTuningTests {
    @Test(
        "Six steps of all weights give transformers' losses, norms, gradients and weights",
        arguments: Golden.tinyModels
    )
    func wholeRun(model: String) throws {
        let run = try TuningCase(model)
        let expected = try #require(try GoldenSteps.json("tuning/full.json")[model])
        let outcome = try run.train(run.options) { $0.tuner = .full }
        try run.expect(outcome, equals: expected)
        let decayed = outcome.last.map(\.name).filter(TrainedTensors.decays)
        // A tied head is listed there beside the embedding that it is.
        let theirs = expected["decayed"]?.arrayValue?.compactMap(\.stringValue).filter {
            $0 != "lm_head.weight" || !run.base.config.tiesWordEmbeddings
        }
        #expect(decayed.sorted() == theirs)
    }

    @Test(
        "Packing, shared prefixes and recomputed blocks change nothing but roundings",
        arguments: Golden.tinyModels
    )
    func packing(model: String) throws {
        let expected = try #require(try GoldenSteps.json("tuning/full.json")[model])
        for (packTokens, recomputed) in [(0, 0), (40, 1), (100_000, 2)] {
            let run = try TuningCase(model)
            var options = run.options
            options.packTokens = packTokens
            options.recomputedBlocks = recomputed
            try run.expect(run.train(options) { $0.tuner = .full }, equals: expected)
        }
    }

    @Test("Any number of threads gives the same bits", arguments: ["tiny-mimo", "tiny-llama"])
    func threads(model: String) throws {
        try holdingThreads {
            let before = Compute.threads
            defer { Compute.setThreads(before) }
            var models: [[UInt8]] = []
            for threads in [1, 3] {
                Compute.setThreads(threads)
                let run = try TuningCase(model)
                let outcome = try run.train(run.options) { $0.tuner = .full }
                models.append(try GoldenSteps.bytes("\(outcome.checkpoint)/optimizer.safetensors"))
            }
            #expect(models[0] == models[1])
        }
    }

    @Test("A run that is stopped and resumed ends with the same bits", arguments: Golden.tinyModels)
    func resume(model: String) throws {
        func files(_ outcome: TuningCase.Outcome) throws -> [[UInt8]] {
            try Folder.names(in: outcome.checkpoint).sorted().filter { $0.hasSuffix(".safetensors") }
                .map { try GoldenSteps.bytes("\(outcome.checkpoint)/\($0)") }
        }
        let whole = try TuningCase(model)
        let expected = try files(whole.train(whole.options) { $0.tuner = .full })
        for step in [1, 3, 5] {
            let run = try TuningCase(model)
            let first = try run.train(run.options, stopAfter: step) { $0.tuner = .full }
            let second = try run.train(run.options, resumeFrom: first.checkpoint) { $0.tuner = .full }
            #expect(try files(second) == expected)
        }
    }

    @Test("A checkpoint is a whole model, in the base's type or another", arguments: Golden.tinyModels)
    func checkpoint(model: String) throws {
        for type in [nil, ElementType.f32] {
            let run = try TuningCase(model)
            let outcome = try run.train(run.options) {
                $0.tuner = .full
                $0.weightType = type
            }
            let written = try Checkpoint(directory: outcome.checkpoint)
            #expect(written.config == run.base.config)
            for tensor in outcome.last {
                let stored = try written.weight(tensor.name)
                #expect(stored.type == type ?? .bf16)
                let values = Tensor(tensor.value, rows: 1, columns: tensor.value.count)
                let expected = TuningCase.widened(values.narrowed(to: stored.type), stored.type)
                #expect(stored.widened().elements == expected)
            }
        }
    }

    @Test("Frozen parameters stay as they were, and the rest learns as before")
    func frozen() throws {
        let run = try TuningCase("tiny-qwen3")
        let whole = try run.train(run.options) { $0.tuner = .full }
        let names = Set(whole.last.map(\.name))
        func trained(_ change: (inout ParameterSelection) -> Void) throws -> (Set<String>, TuningCase.Outcome)
        {
            let run = try TuningCase("tiny-qwen3")
            let outcome = try run.train(run.options, stopAfter: 1) {
                $0.tuner = .full
                change(&$0.parameters)
            }
            for tensor in outcome.afterStep0 {
                // What is not computed for others' sake must not change what is.
                let same = try #require(whole.afterStep0.first { $0.name == tensor.name })
                expectClose(tensor.gradient, same.gradient, atol: 1e-6, tensor.name)
            }
            return (Set(outcome.last.map(\.name)), outcome)
        }
        let blocks = names.filter { $0.hasPrefix("model.layers.") }
        #expect(try trained { $0.frozen = ["model.layers"] }.0 == names.subtracting(blocks))
        #expect(
            try trained {
                $0.frozenRatio = 1; $0.trainable = ["model.norm"]
            }.0 == ["model.norm.weight"]
        )
        #expect(
            try trained {
                $0.frozenRatio = 1; $0.trainablePattern = #"0\.post_attention_layernorm"#
            }.0
                == ["model.layers.0.post_attention_layernorm.weight"]
        )
        #expect(
            try trained { $0.frozenPattern = "norm|mlp|embed|v_proj|layers.0" }.0
                == Set(["q", "k", "o"].map { "model.layers.1.self_attn.\($0)_proj.weight" })
        )
        let half = try trained { $0.frozenRatio = 0.5 }.0
        #expect(half.contains("model.norm.weight") && !half.contains("model.embed_tokens.weight"))
        #expect(half.contains("model.layers.1.self_attn.q_proj.weight"))
    }

    @Test("A choice of parameters that names nothing, or leaves nothing, is refused")
    func refused() throws {
        let run = try TuningCase("tiny-qwen2")
        for change: (inout ParameterSelection) -> Void in [
            { $0.frozen = ["transformer.h"] }, { $0.frozenPattern = "(" }, { $0.frozenRatio = 1.5 },
            { $0.frozenRatio = 1 }, { $0.trainable = ["lm_head"] },
        ] {
            #expect(throws: TrainError.self) {
                try run.train(run.options) {
                    $0.tuner = .full
                    change(&$0.parameters)
                }
            }
        }
    }
}

extension TuningCase {
    /// A file's bytes as floats.
    static func widened(_ bytes: [UInt8], _ type: ElementType) -> [Float] {
        stride(from: 0, to: bytes.count, by: type.size).map { start in
            let bits = bytes[start..<start + type.size].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return Float(bitPattern: type == .bf16 ? bits << 16 : bits)
        }
    }
}
