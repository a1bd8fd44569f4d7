import MimoAdapter
import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct GoldenTrainingTests {
    @Test(
        "Six steps give the reference's losses, norms, rates and final adapter",
        arguments: Golden.tinyModels
    )
    func wholeRun(model: String) throws {
        let run = try GoldenTraining(model)
        let records = try run.train(TrainerOptions()).records
        try run.expectRecords(records)
        try run.expectFinalAdapter()
    }

    @Test(
        "Micro-batches of any size, packed or not, give the same run",
        arguments: Golden.tinyModels,
        [(1, 0), (4, 0), (2, 40), (1, 100_000)]
    )
    func microBatches(model: String, batch: (rows: Int, packTokens: Int)) throws {
        let run = try GoldenTraining(model)
        var options = TrainerOptions()
        options.batchSize = batch.rows
        options.packTokens = batch.packTokens
        try run.expectRecords(run.train(options).records)
        try run.expectFinalAdapter()
    }

    @Test(
        "A run that is stopped and resumed at any step ends with the same bits",
        arguments: Golden.tinyModels
    )
    func resume(model: String) throws {
        var options = TrainerOptions()
        options.loraDropout = 0.1
        let whole = try GoldenTraining(model)
        let expected = try whole.train(options)
        let adapter = try whole.adapterBytes(expected.checkpoint)
        let moments = try whole.bytes("\(expected.checkpoint)/optimizer.safetensors")
        for step in 1...5 {
            let run = try GoldenTraining(model)
            let first = try run.train(options, stopAfter: step)
            #expect(first.records.count == step)
            let second = try run.train(options, resumeFrom: first.checkpoint)
            #expect(
                (first.records + second.records).map { [$0.loss, $0.gradientNorm] }
                    == expected.records.map { [$0.loss, $0.gradientNorm] }
            )
            #expect(try run.adapterBytes(second.checkpoint) == adapter)
            #expect(try run.bytes("\(second.checkpoint)/optimizer.safetensors") == moments)
        }
    }

    @Test("A checkpoint of a run with other settings is refused by name")
    func resumeOther() throws {
        let run = try GoldenTraining("tiny-qwen2")
        let first = try run.train(TrainerOptions(), stopAfter: 2)
        var other = TrainerOptions()
        other.weightDecay = 0.2
        #expect {
            try run.train(other, resumeFrom: first.checkpoint)
        } throws: { error in
            guard case TrainError.resumedDifferently(_, let differences) = error else { return false }
            return differences == ["weight_decay (0.1 there, 0.2 here)"]
        }
    }

    @Test("A loss that is not finite stops the run before anything is saved")
    func notFinite() throws {
        let run = try GoldenTraining("tiny-qwen2")
        var options = TrainerOptions()
        options.learningRate = 1e38
        #expect(throws: TrainError.self) { try run.train(options, keepsLearningRate: true) }
        #expect(!Folder.exists("\(run.folder.path)/checkpoint-6"))
    }
}

/// One golden case of `train/`, with a folder of its own.
private struct GoldenTraining {
    let model: String
    let folder: TemporaryFolder
    let checkpoint: Checkpoint
    let golden: GoldenSteps
    let expected: [JSON]

    init(_ model: String) throws {
        self.model = model
        folder = try TemporaryFolder()
        checkpoint = try Checkpoint(directory: Golden.path("model/\(model)"))
        golden = try GoldenSteps(model)
        expected = try GoldenSteps.json("model/\(model)/train/expected.json")["steps"]?.arrayValue ?? []
    }

    /// Runs the case.
    func train(
        _ base: TrainerOptions,
        stopAfter: Int = .max,
        resumeFrom: String? = nil,
        keepsLearningRate: Bool = false
    ) throws -> (records: [StepRecord], checkpoint: String) {
        var options = base
        if !keepsLearningRate { options.learningRate = golden.json["optimizer"]?["lr"]?.doubleValue ?? 0 }
        options.gradientAccumulationSteps = GoldenSteps.rowsPerStep / options.batchSize
        options.maxSteps = golden.rows.count
        options.warmupSteps = 1
        options.loggingSteps = 1
        options.shufflesRows = false
        if base.loraDropout == TrainerOptions().loraDropout { options.loraDropout = 0 }
        var decoder = try Decoder(checkpoint)
        let adapter = try Adapter(
            directory: resumeFrom ?? Golden.path("model/\(model)/train/initial_adapter"),
            for: checkpoint.config
        )
        adapter.attach(to: &decoder, isTrained: true)
        let trainer = try Trainer(
            options,
            decoder: decoder,
            samples: SampleArray(golden.rows.flatMap(\.self)),
            folder: folder.path
        ) { try adapter.trained(in: decoder).write(to: $0) }
        if let resumeFrom { try trainer.resume(from: resumeFrom) }
        var records: [StepRecord] = []
        let last = try trainer.run { event in
            guard case .step(let record, _) = event else { return .more }
            records.append(record)
            return record.step >= stopAfter ? .stop : .more
        }
        return (records, try #require(last.lastCheckpoint))
    }

    func expectRecords(_ records: [StepRecord]) throws {
        #expect(records.count == expected.count)
        for (record, step) in zip(records, expected) {
            let loss = try #require(step["loss"]?.doubleValue)
            let norm = try #require(step["grad_norm"]?.doubleValue)
            #expect(abs(record.loss - loss) < 1e-5, "\(model) step \(record.step)")
            #expect(abs(record.gradientNorm - norm) < 1e-5 * norm, "\(model) step \(record.step)")
            #expect(abs(record.learningRate - (step["lr"]?.doubleValue ?? -1)) < 1e-12)
            #expect(record.countedTokens == step["num_labels"]?.intValue)
        }
    }

    func expectFinalAdapter() throws {
        let final = try SafetensorsFile(path: Golden.path("model/\(model)/train/adapter_final.safetensors"))
        let initial = try SafetensorsFile(
            path: Golden.path("model/\(model)/train/initial_adapter/adapter_model.safetensors")
        )
        let ours = try SafetensorsFile(
            path: "\(folder.path)/checkpoint-\(golden.rows.count)/adapter_model.safetensors"
        )
        #expect(ours.tensors.map(\.name).sorted() == final.tensors.map(\.name).sorted())
        var (difference, norm) = (0.0, 0.0)
        for entry in final.tensors {
            let (a, b) = (try ours.tensor(entry.name).elements, try final.tensor(entry.name).elements)
            let start = try initial.tensor(entry.name).elements
            for (index, value) in a.enumerated() {
                difference += Double(value - b[index]) * Double(value - b[index])
                norm += Double(b[index] - start[index]) * Double(b[index] - start[index])
            }
        }
        #expect((difference / norm).squareRoot() < 1e-4, "\(model): \((difference / norm).squareRoot())")
    }

    func adapterBytes(_ checkpoint: String) throws -> [UInt8] {
        try bytes("\(checkpoint)/adapter_model.safetensors")
    }

    func bytes(_ path: String) throws -> [UInt8] { try GoldenSteps.bytes(path) }
}
