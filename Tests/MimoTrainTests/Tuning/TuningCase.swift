import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

/// Six steps of a tiny model's golden data, with whatever is trained of it, in a folder of its own.
struct TuningCase {
    let model: String
    let folder: TemporaryFolder
    let base: Checkpoint
    let steps: [[Sample]]

    init(_ model: String) throws {
        self.model = model
        folder = try TemporaryFolder()
        base = try Checkpoint(directory: Golden.path("model/\(model)"))
        steps = try GoldenSteps(model).rows
    }

    /// The rows of the first step in one pack.
    var firstPack: TrainingPack {
        TrainingPack(
            rows: steps[0].enumerated().map { number, sample in
                TrainingPack.Row(
                    ids: sample.ids,
                    labels: sample.labels,
                    weights: sample.lossScale,
                    number: number
                )
            }
        )
    }

    /// A trained tensor as PEFT or transformers name and lay it out.
    struct Trained {
        let name: String
        let value: [Float]
        let gradient: [Float]
    }

    /// What a run came to.
    struct Outcome {
        var records: [StepRecord] = []
        var checkpoint = ""
        var first: [Trained] = []
        /// After the first step, whose rate is 0: its gradients.
        var afterStep0: [Trained] = []
        var last: [Trained] = []
    }

    /// The options of the reference's runs: six steps of AdamW, one of warm-up, no dropout.
    var options: TrainerOptions {
        var options = TrainerOptions()
        options.learningRate = 2e-3
        options.gradientAccumulationSteps = GoldenSteps.rowsPerStep
        options.maxSteps = steps.count
        options.warmupSteps = 1
        options.loggingSteps = 1
        options.shufflesRows = false
        options.loraDropout = 0
        return options
    }

    /// Trains what `prepare` makes of the base's options.
    func train(
        _ options: TrainerOptions,
        stopAfter: Int = .max,
        resumeFrom: String? = nil,
        _ prepare: (inout FineTuningOptions) -> Void
    ) throws -> Outcome {
        var run = FineTuningOptions(model: base.directory)
        run.trainer = options
        prepare(&run)
        let tuned = try TunedModel(run, base: base, path: base.directory, start: resumeFrom)
        var outcome = Outcome()
        outcome.first = Self.trained(in: tuned.decoder)
        let trainer = try Trainer(
            options,
            decoder: tuned.decoder,
            samples: SampleArray(steps.flatMap { $0 }),
            folder: folder.path,
            identity: tuned.identity,
            writeAdapter: tuned.write
        )
        if let resumeFrom { try trainer.resume(from: resumeFrom) }
        let end = try trainer.run { event in
            guard case .step(let record, _) = event else { return .more }
            if record.step == 1 { outcome.afterStep0 = Self.trained(in: tuned.decoder) }
            outcome.records.append(record)
            return record.step >= stopAfter ? .stop : .more
        }
        outcome.last = Self.trained(in: tuned.decoder)
        outcome.checkpoint = try #require(end.lastCheckpoint)
        return outcome
    }

    private static func trained(in decoder: Decoder) -> [Trained] {
        TrainedTensors(decoder, TrainerOptions()).all.map { tensor in
            let isUp = tensor.name.hasSuffix("lora_B.weight")
            let prefix = "base_model.model."
            return Trained(
                name: tensor.name.hasPrefix(prefix)
                    ? String(tensor.name.dropFirst(prefix.count)) : tensor.name,
                value: isUp ? transposed(tensor.value) : tensor.value.elements,
                gradient: isUp ? transposed(tensor.gradient) : tensor.gradient.elements
            )
        }
    }

    private static func transposed(_ tensor: Tensor) -> [Float] {
        let out = Tensor(rows: tensor.columns, columns: tensor.rows)
        LowRank.transpose(out, tensor)
        return out.elements
    }

    /// Compares a run with a reference's: losses, norms, rates, gradients of step 0, and what six steps changed.
    func expect(_ outcome: Outcome, equals expected: JSON, tolerance: Double = 1e-4) throws {
        try expectRecords(outcome, equal: expected)
        let gradients = try #require(expected["gradients"]?.objectValue)
        let change = try #require(expected["change"]?.objectValue)
        #expect(outcome.last.map(\.name).sorted() == change.map(\.key).sorted())
        for (index, tensor) in outcome.last.enumerated() {
            if let sketch = gradients[tensor.name] {
                try expect(
                    outcome.afterStep0[index].gradient.map(Double.init),
                    sketched: sketch,
                    tolerance,
                    "\(model) gradient of \(tensor.name)"
                )
            }
            let moved = zip(tensor.value, outcome.first[index].value).map { Double($0) - Double($1) }
            // Adam divides by the gradient's own size, so that small elements are worth less than whole tensors. A key's
            // bias moves all scores of a query nearly alike: its gradient is almost 0, and the reference's runs in
            // float32 and float64 are 4e-4 apart there, twenty times as far as anywhere else.
            let isNearZero = tensor.name.hasSuffix("k_proj.bias")
            try expect(
                moved,
                sketched: try #require(change[tensor.name]),
                (isNearZero ? 50 : 10) * tolerance,
                "\(model) change of \(tensor.name)"
            )
        }
    }

    /// Compares losses, norms and rates.
    func expectRecords(_ outcome: Outcome, equal expected: JSON) throws {
        let steps = try #require(expected["steps"]?.arrayValue)
        #expect(outcome.records.count == steps.count)
        for (record, step) in zip(outcome.records, steps) {
            let loss = try #require(step["loss"]?.doubleValue)
            let norm = try #require(step["grad_norm"]?.doubleValue)
            let rate = try #require(step["lr"]?.doubleValue)
            #expect(
                abs(record.loss - loss) < 1e-5 * max(1, loss),
                "\(model) step \(record.step): \(record.loss) \(loss)"
            )
            #expect(abs(record.gradientNorm / norm - 1) < 2e-5, "\(model) step \(record.step)")
            #expect(abs(record.learningRate - rate) < 1e-12, "\(model) step \(record.step)")
        }
    }

    func expect(_ values: [Double], sketched: JSON, _ tolerance: Double, _ comment: String) throws {
        let norm = try #require(sketched["norm"]?.doubleValue)
        let elements = try #require(sketched["elements"]?.arrayValue).compactMap(\.doubleValue)
        let own = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(own - norm) <= tolerance * norm + 1e-12, "\(comment): norm \(own), expected \(norm)")
        let typical = norm / Double(values.count).squareRoot()
        let differences = elements.enumerated().map { place, element in
            values[elements.count == values.count ? place : place * values.count / elements.count] - element
        }
        let squares = zip(differences, elements).map { difference, element in
            let relative = difference / (max(typical, abs(element)) + 1e-12)
            return relative * relative
        }
        let distance = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
        #expect(distance <= tolerance, "\(comment): elements are off by \(distance)")
    }
}
