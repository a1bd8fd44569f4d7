import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

/// The layer for multi-token prediction, trained beside the whole model.
@Suite(.serialized) struct PredictionTuningTests {
    private static let model = "tiny-mimo"

    private func expected() throws -> JSON { try GoldenSteps.json("tuning/mtp.json") }

    private func options(_ run: TuningCase) -> TrainerOptions {
        var options = run.options
        options.mtpLossWeight = 0.3
        return options
    }

    private func bytes(_ outcome: TuningCase.Outcome, _ name: String = "optimizer.safetensors") throws
        -> [UInt8]
    {
        try GoldenSteps.bytes("\(outcome.checkpoint)/\(name)")
    }

    @Test("Six steps give torch's losses of both kinds, norms, gradients and weights")
    func wholeRun() throws {
        let run = try TuningCase(Self.model)
        let outcome = try run.train(options(run)) { $0.tuner = .full }
        let expected = try expected()
        try run.expect(outcome, equals: expected)
        let steps = try #require(expected["steps"]?.arrayValue)
        for (record, step) in zip(outcome.records, steps) {
            let score = try #require(record.prediction)
            let loss = try #require(step["mtp_loss"]?.doubleValue)
            #expect(abs(score.loss - loss) < 1e-5 * loss, "step \(record.step): \(score.loss) \(loss)")
            #expect(score.targets == step["mtp_targets"]?.intValue)
            #expect(score.correct == step["mtp_correct"]?.intValue)
            #expect(record.correctTokens == step["correct"]?.intValue)
        }
        let decayed = outcome.last.map(\.name).filter(TrainedTensors.decays)
        #expect(decayed.sorted() == expected["decayed"]?.arrayValue?.compactMap(\.stringValue))
    }

    @Test(
        "Packing, micro-batches and recomputed blocks change nothing but roundings",
        arguments: [(0, 1, 0), (0, 2, 1), (40, 4, 2), (100_000, 1, 3)]
    )
    func packing(packTokens: Int, batchSize: Int, recomputed: Int) throws {
        let run = try TuningCase(Self.model)
        var options = options(run)
        options.packTokens = packTokens
        options.recomputedBlocks = recomputed
        options.batchSize = batchSize
        options.gradientAccumulationSteps = GoldenSteps.rowsPerStep / batchSize
        try run.expect(run.train(options) { $0.tuner = .full }, equals: expected())
    }

    @Test("Rows that begin alike are kept apart, and learned the same whatever the packs")
    func prefixes() throws {
        let run = try TuningCase(Self.model)
        let row = run.steps[2].max { $0.ids.count < $1.ids.count }?.ids ?? []
        try #require(row.count > 40)
        let samples = (0..<4).map { number in
            let ids = Array(row[..<36]) + Array(row[36...].reversed().prefix(4 + number))
            return Sample(ids: ids, labels: ids)
        }
        func gradients(_ packTokens: Int) throws -> [[Float]] {
            let run = try TuningCase(Self.model)
            var decoder = try Decoder(run.base, withPrediction: true)
            decoder.train { _ in true }
            var options = options(run)
            options.packTokens = packTokens
            options.maxSteps = 1
            let trainer = try Trainer(
                options,
                decoder: decoder,
                samples: SampleArray(samples),
                folder: run.folder.path
            ) { _ in }
            try trainer.run { _ in .more }
            return decoder.trainedParameters.map(\.gradient.elements)
        }
        for (apart, together) in zip(try gradients(0), try gradients(1000)) {
            expectClose(together, apart, rtol: 1e-4, atol: 1e-5)
        }
    }

    @Test("Any number of threads gives the same bits")
    func threads() throws {
        try holdingThreads {
            let before = Compute.threads
            defer { Compute.setThreads(before) }
            let states = try [1, 3].map { threads in
                Compute.setThreads(threads)
                let run = try TuningCase(Self.model)
                return try bytes(run.train(options(run)) { $0.tuner = .full })
            }
            #expect(states[0] == states[1])
        }
    }

    @Test(
        "A run that is stopped and resumed ends with the same bits, and keeps the layer",
        arguments: [1, 4]
    )
    func resume(step: Int) throws {
        let whole = try TuningCase(Self.model)
        let first = try TuningCase(Self.model)
        let expected = try whole.train(options(whole)) { $0.tuner = .full }
        let stopped = try first.train(options(first), stopAfter: step) { $0.tuner = .full }
        let resumed = try first.train(options(first), resumeFrom: stopped.checkpoint) { $0.tuner = .full }
        for name in try Folder.names(in: expected.checkpoint) where name.hasSuffix(".safetensors") {
            #expect(try bytes(resumed, name) == bytes(expected, name))
        }
        let written = try Checkpoint(directory: resumed.checkpoint)
        #expect(written.mtpLayerCount == 1)
        let isMoved = try written.config.mtpParameters(layer: 0).filter { parameter in
            try written.weight(parameter.name).widened().elements
                != whole.base.weight(parameter.name).widened().elements
        }
        #expect(isMoved.count > 8, "\(isMoved.map(\.name))")
        #expect(throws: TrainError.self) {
            try first.train(first.options, resumeFrom: stopped.checkpoint) { $0.tuner = .full }
        }
    }

    @Test("With a weight of 0 the layer stays as it is, to the bit, and nobody speaks of it")
    func off() throws {
        let run = try TuningCase(Self.model)
        let outcome = try run.train(run.options) { $0.tuner = .full }
        let written = try Checkpoint(directory: outcome.checkpoint)
        for parameter in written.config.mtpParameters(layer: 0) {
            #expect(
                try written.weight(parameter.name).widened().elements
                    == run.base.weight(parameter.name).widened().elements
            )
        }
        let log = try LineReader(path: "\(run.folder.path)/logging.jsonl")
        while let line = try log.next() {
            #expect(!String(decoding: line.bytes, as: UTF8.self).contains("mtp"))
        }
    }

    @Test("The log tells of both losses")
    func log() throws {
        let run = try TuningCase(Self.model)
        var options = options(run)
        options.loggingSteps = 2
        let outcome = try run.train(options) { $0.tuner = .full }
        let history = try RunHistory(log: "\(run.folder.path)/logging.jsonl")
        let losses = try #require(history["mtp_loss"]).points
        #expect(losses.map(\.step) == [1, 2, 4, 6])
        let means = [[0], [1], [2, 3], [4, 5]].map { steps in
            steps.reduce(0) { $0 + (outcome.records[$1].prediction?.loss ?? 0) } / Double(steps.count)
        }
        #expect(zip(losses, means).allSatisfy { abs($0.value - $1) < 1e-12 })
        #expect(history["mtp_token_acc"]?.points.count == 4)
    }

    @Test(
        "The layer alone is trained where all else is frozen, and gets the gradients that it gets beside the model"
    )
    func alone() throws {
        let run = try TuningCase(Self.model)
        let whole = try run.train(options(run), stopAfter: 1) { $0.tuner = .full }
        let outcome = try run.train(options(run), stopAfter: 1) {
            $0.tuner = .full
            $0.parameters.frozenPattern = ""
            $0.parameters.trainable = ["model.mtp_layers"]
        }
        #expect(outcome.last.count == 16 && outcome.last.allSatisfy { $0.name.contains("mtp_layers.0.") })
        for tensor in outcome.afterStep0 {
            let same = try #require(whole.afterStep0.first { $0.name == tensor.name })
            expectClose(tensor.gradient, same.gradient, atol: 1e-6, tensor.name)
        }
    }

    @Test("The loss is refused where no layer is trained, or there is none")
    func refused() throws {
        func message(_ model: String, _ tuner: FineTuningOptions.Tuner, weight: Double = 0.3) throws -> String
        {
            let run = try TuningCase(model)
            var options = options(run)
            options.mtpLossWeight = weight
            do {
                _ = try run.train(options) { $0.tuner = tuner }
                return "no error"
            } catch let error as TrainError { return error.description }
        }
        #expect(
            try message(Self.model, .lora)
                == "--mtp_loss_weight 0.3: expected 0, or --tuner_type full: an adapter leaves the layer for "
                + "multi-token prediction as it is"
        )
        #expect(try message("tiny-qwen2", .full).contains("has no layer for multi-token prediction"))
        #expect(
            try message(Self.model, .full, weight: -1)
                == "--mtp_loss_weight -1.0: expected a number from 0 on"
        )
    }

    @Test("A rehearsal foretells to the byte what a pass holds", arguments: [1, 2, 37, 300], [0, 2])
    func footprint(tokens: Int, recomputedBlocks: Int) throws {
        var decoder = try Decoder(
            Checkpoint(directory: Golden.path("model/\(Self.model)")),
            withPrediction: true
        )
        decoder.train { _ in true }
        holdingThreads {
            let foretold = PassFootprint(
                decoder,
                tokens: tokens,
                recomputedBlocks: recomputedBlocks,
                dropout: 0,
                predicts: true
            )
            let pass = TrainingPass(decoder, recomputedBlocks: recomputedBlocks)
            pass.predictionWeight = 0.5
            let ids = (0...tokens).map { Int32($0 % 50) }
            let row = TrainingPack.Row(ids: ids, labels: ids, number: 0)
            let result = pass.run(TrainingPack(rows: [row]), normalizer: 1)
            #expect(result.prediction.targets == tokens - 1)
            #expect(pass.footprint == foretold)
        }
    }

    @Test("The layer's work is counted as the formulas say")
    func work() throws {
        var decoder = try Decoder(
            Checkpoint(directory: Golden.path("model/\(Self.model)")),
            withPrediction: true
        )
        decoder.train { _ in true }
        let ids = (0..<21).map { Int32($0) }
        let pack = TrainingPack(rows: [TrainingPack.Row(ids: ids, labels: ids, number: 0)])
        let without = TrainingWork(of: pack, by: decoder)
        let with = TrainingWork(of: pack, by: decoder, predicts: true)
        let (config, tokens) = (decoder.config, 19.0)
        let weights = DecoderLinear.allCases.reduce(2 * config.hiddenSize * config.hiddenSize) {
            $0 + $1.inputSize(in: config) * $1.outputSize(in: config)
        }
        #expect(with.blocks - without.blocks == 6 * tokens * Double(weights))
        #expect(with.head - without.head == 6 * tokens * Double(config.vocabularySize * config.hiddenSize))
        #expect(
            with.attention - without.attention == 12 * (tokens * (tokens + 1) / 2) * Double(config.querySize)
        )
    }

    @Test("Gradients are those of the loss, with label smoothing and noise on the embeddings")
    func differences() throws {
        let run = try TuningCase(Self.model)
        var decoder = try Decoder(run.base, withPrediction: true)
        decoder.train { _ in true }
        let pack = run.firstPack
        let pass = TrainingPass(decoder)
        (pass.labelSmoothing, pass.embeddingNoise) = (0.1, EmbeddingNoise(key: 5, alpha: 5))
        pass.predictionWeight = 0.7
        func loss() -> Double {
            let found = pass.run(
                pack,
                normalizer: Double(pack.targets.count),
                predictionNormalizer: Double(pack.predictionTargets)
            )
            return found.main.loss + 0.7 * found.prediction.loss
        }
        let parameters = decoder.trainedParameters
        _ = loss()
        let gradients = parameters.map(\.gradient.elements)
        for name in ["mtp_layers", "layers.1", "embed_tokens", "lm_head", "model.norm"] {
            let chosen = parameters.indices.filter { index in
                parameters[index].name.contains(name)
                    && (name == "mtp_layers" || !parameters[index].name.contains("mtp"))
            }
            let norm = chosen.reduce(0.0) { sum, index in
                gradients[index].reduce(sum) { $0 + Double($1) * Double($1) }
            }.squareRoot()
            let step = 2e-3 / norm
            let before = chosen.map { parameters[$0].value.elements }
            let losses = [1.0, -1.0].map { sign in
                for (place, index) in chosen.enumerated() {
                    let value = parameters[index].value
                    let moved = zip(before[place], gradients[index]).map { old, slope in
                        Float(Double(old) + sign * step * Double(slope) / norm)
                    }
                    value.copy(from: Tensor(moved, rows: value.rows, columns: value.columns))
                }
                return loss()
            }
            for (place, index) in chosen.enumerated() {
                let value = parameters[index].value
                value.copy(from: Tensor(before[place], rows: value.rows, columns: value.columns))
            }
            let slope = (losses[0] - losses[1]) / (2 * step)
            #expect(abs(slope / norm - 1) < 2e-2, "\(name): slope \(slope), gradient \(norm)")
        }
    }
}
