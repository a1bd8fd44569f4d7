import MimoAdapter
import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

/// Runs whose numbers PEFT and transformers gave: `Tests/Fixtures/tuning/make_adapters.py`.
@Suite(.serialized) struct AdapterTuningTests {
    static let models = ["tiny-mimo", "tiny-llama"]

    private func expected(_ model: String, _ name: String) throws -> JSON {
        try #require(try GoldenSteps.json("tuning/adapters.json")[model]?[name])
    }

    private func initialAdapter(_ model: String) -> String {
        Golden.path("model/\(model)/train/initial_adapter")
    }

    @Test("DoRA trains as PEFT's does, from PEFT's file", arguments: models)
    func dora(model: String) throws {
        let run = try TuningCase(model)
        let expected = try expected(model, "dora")
        let outcome = try run.train(run.options) {
            $0.initialAdapter = Golden.path("tuning/adapters/\(model)-dora")
        }
        #expect(outcome.last.count == run.base.config.layerCount * 21)
        try run.expect(outcome, equals: expected)
        try run.expect(mergeOf: outcome.checkpoint, equals: expected)
    }

    @Test("PiSSA begins with the base's strongest directions and trains as PEFT's does", arguments: models)
    func pissa(model: String) throws {
        let run = try TuningCase(model)
        let expected = try expected(model, "pissa")
        var config = LoRAConfig(rank: 4, alpha: 8, dropout: 0)
        config.initialWeights = .pissa(rounds: nil)
        let first = try Adapter(initializing: config, on: run.base, seed: 1)
        let products = try #require(expected["products"])
        for weights in first.modules {
            let product = Tensor(rows: weights.b.rows, columns: weights.a.columns)
            Gemm().multiply([Product(product, [.backward(weights.b, WeightMatrix(weights.a))])])
            let sketch = try #require(products["\(weights.module.path).product"])
            try run.expect(product.elements.map(Double.init), sketched: sketch, 1e-4, weights.module.path)
        }
        let outcome = try run.train(run.options) { $0.lora = config }
        try run.expectRecords(outcome, equal: expected)
        let written = try Adapter(directory: outcome.checkpoint, for: run.base.config)
        #expect(Int64(written.config.rank) == expected["config"]?["r"]?.intValue.map(Int64.init))
        #expect(written.config.alpha == expected["config"]?["lora_alpha"]?.doubleValue)
        try run.expect(mergeOf: outcome.checkpoint, equals: expected, tolerance: 5e-3)
    }

    @Test(
        "PiSSA by a few random rounds comes close to the exact one, and leaves the model as it is",
        arguments: models
    )
    func quickPissa(model: String) throws {
        let run = try TuningCase(model)
        func adapter(_ rounds: Int?) throws -> Adapter {
            var config = LoRAConfig(rank: 4, alpha: 8, dropout: 0)
            config.initialWeights = .pissa(rounds: rounds)
            return try Adapter(initializing: config, on: run.base, seed: 1)
        }
        let (exact, quick) = (try adapter(nil), try adapter(16))
        for (one, other) in zip(exact.modules, quick.modules) {
            func strength(_ weights: LoRAWeights) -> Double { Elementwise.sumOfSquares([weights.a]) }
            #expect(abs(strength(other) / strength(one) - 1) < 0.02, "\(one.module.path)")
        }
        let unchanged = try run.train(run.options, stopAfter: 1) {
            $0.lora = LoRAConfig(rank: 4, alpha: 8, dropout: 0)
        }
        for adapter in [exact, quick] {
            let run = try TuningCase(model)
            let outcome = try run.train(run.options, stopAfter: 1) { $0.lora = adapter.config }
            #expect(abs(outcome.records[0].loss - unchanged.records[0].loss) < 1e-5)
        }
    }

    @Test(
        "Modules that are trained whole train as PEFT's do, tied or not",
        arguments: [
            ("tiny-mimo", "saved", "tiny-mimo-saved"), ("tiny-llama", "saved_head", "tiny-llama-saved-head"),
            ("tiny-llama", "saved_embedding", "tiny-llama-saved-embedding"),
        ]
    )
    func saved(model: String, name: String, folder: String) throws {
        let run = try TuningCase(model)
        let expected = try expected(model, name)
        let outcome = try run.train(run.options) {
            $0.initialAdapter = Golden.path("tuning/adapters/\(folder)")
        }
        try run.expect(outcome, equals: expected)
        try run.expect(mergeOf: outcome.checkpoint, equals: expected)
    }

    @Test("LoRA+, SGD with its momenta, and smoothed labels give the reference's runs", arguments: models)
    func optimizers(model: String) throws {
        let changes: [(String, (inout TrainerOptions) -> Void)] = [
            ("lora_plus", { $0.loraPlusRatio = 16 }),
            ("sgd", { ($0.optimizer, $0.learningRate) = (.sgd, 0.05) }),
            ("sgd_momentum", { ($0.optimizer, $0.learningRate, $0.sgdMomentum) = (.sgd, 0.05, 0.9) }),
            (
                "sgd_nesterov",
                {
                    ($0.optimizer, $0.learningRate, $0.sgdMomentum) = (.sgd, 0.05, 0.9)
                    $0.usesNesterov = true
                }
            ),
            ("label_smoothing", { $0.labelSmoothing = 0.1 }),
        ]
        for (name, change) in changes {
            let run = try TuningCase(model)
            var options = run.options
            change(&options)
            let outcome = try run.train(options) { $0.initialAdapter = initialAdapter(model) }
            try run.expect(outcome, equals: expected(model, name))
        }
    }

    /// The ways of tuning whose runs must not depend on threads, packs or interruptions.
    static let ways: [(name: String, change: @Sendable (inout FineTuningOptions) -> Void)] = [
        (
            "DoRA with dropout",
            {
                $0.lora.usesDoRA = true; $0.trainer.loraDropout = 0.2
            }
        ),
        (
            "PiSSA with dropout",
            {
                $0.lora.initialWeights = .pissa(rounds: 2); $0.trainer.loraDropout = 0.2
            }
        ),
        ("saved modules", { $0.lora.savedModules = ["embed_tokens", "lm_head", "norm"] }),
        ("SGD", { ($0.trainer.optimizer, $0.trainer.sgdMomentum) = (.sgd, 0.9) }),
        ("noise", { $0.trainer.neftuneAlpha = 5 }),
        (
            "full with noise and smoothing",
            {
                $0.tuner = .full
                ($0.trainer.neftuneAlpha, $0.trainer.labelSmoothing) = (5, 0.1)
            }
        ),
    ]

    @Test(
        "Every way of tuning resumes with the same bits, on any number of threads",
        arguments: models,
        0..<ways.count
    )
    func resume(model: String, way: Int) throws {
        let way = Self.ways[way]
        func train(_ run: TuningCase, stopAfter: Int = .max, from: String? = nil) throws -> TuningCase.Outcome
        {
            var options = FineTuningOptions(model: "")
            options.trainer = run.options
            way.change(&options)
            return try run.train(options.trainer, stopAfter: stopAfter, resumeFrom: from) { way.change(&$0) }
        }
        func files(_ outcome: TuningCase.Outcome) throws -> [[UInt8]] {
            try Folder.names(in: outcome.checkpoint).sorted().filter { $0.hasSuffix(".safetensors") }
                .map { try GoldenSteps.bytes("\(outcome.checkpoint)/\($0)") }
        }
        try holdingThreads {
            let before = Compute.threads
            defer { Compute.setThreads(before) }
            Compute.setThreads(1)
            let uninterrupted = try TuningCase(model)
            let whole = try train(uninterrupted)
            let expected = try files(whole)
            for step in [1, 4] {
                let run = try TuningCase(model)
                Compute.setThreads(3)
                let first = try train(run, stopAfter: step)
                Compute.setThreads(2)
                let second = try train(run, from: first.checkpoint)
                #expect(try files(second) == expected, "\(way.name), stopped after \(step)")
                #expect(
                    (first.records + second.records).map { [$0.loss, $0.gradientNorm] }
                        == whole.records.map { [$0.loss, $0.gradientNorm] }
                )
            }
        }
    }

    @Test("Packing changes nothing but roundings", arguments: models, 0..<ways.count)
    func packing(model: String, way: Int) throws {
        let way = Self.ways[way]
        var losses: [[Double]] = []
        for (packTokens, recomputed) in [(0, 0), (100_000, 2)] {
            let run = try TuningCase(model)
            var options = FineTuningOptions(model: "")
            options.trainer = run.options
            options.trainer.packTokens = packTokens
            options.trainer.recomputedBlocks = recomputed
            way.change(&options)
            losses.append(try run.train(options.trainer) { way.change(&$0) }.records.map(\.loss))
        }
        for (one, other) in zip(losses[0], losses[1]) {
            #expect(abs(one - other) < 2e-5 * one, "\(way.name): \(losses)")
        }
    }
}

extension TuningCase {
    /// Compares what merging a checkpoint's adapter changes in the base with what PEFT's merge does.
    func expect(mergeOf adapter: String, equals expected: JSON, tolerance: Double = 1e-3) throws {
        let delta = try #require(expected["delta"]?.objectValue)
        let output = folder.file("merged")
        let adapter = try Adapter(directory: adapter, for: base.config)
        // A base in floats, so that the change is not lost in roundings.
        let wide = folder.file("wide")
        try Folder.make(wide)
        try base.write(to: wide, weights: [:], as: .f32)
        try AdapterMerge(base: Checkpoint(directory: wide), adapter: adapter).write(to: output)
        let merged = try Checkpoint(directory: output)
        var changed = 0
        for tensor in merged.files.flatMap(\.tensors) {
            let own = base.contains(tensor.name) ? tensor.name : "model.embed_tokens.weight"
            let (after, before) = (try merged.weight(tensor.name).widened(), try base.weight(own).widened())
            let moved = zip(after.elements, before.elements).map { Double($0) - Double($1) }
            guard moved.contains(where: { $0 != 0 }) else { continue }
            changed += 1
            let sketch = try #require(delta[tensor.name], "\(tensor.name)")
            try expect(moved, sketched: sketch, tolerance, "merged \(tensor.name)")
        }
        #expect(changed == delta.count)
        // With a head of its own where it was tied, and the same logits as with the adapter.
        var decoder = try Decoder(base)
        adapter.attach(to: &decoder, isTrained: false)
        let ids = steps[0][0].ids
        func logits(_ decoder: Decoder) -> [Float] {
            InferencePass(decoder).run([(KeyValueCache(decoder.config), ids)], logits: .all).elements
        }
        expectClose(logits(try Decoder(merged)), logits(decoder), atol: 2e-4, "logits")
    }
}
