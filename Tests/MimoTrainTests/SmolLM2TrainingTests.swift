import MimoAdapter
import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

/// The reference's run on a real model, in its own tolerances.
@Suite(.enabled(if: SmolLM2.has("train.json"), "SmolLM2's weights are not there: set MIMO_SMOLLM2"))
struct SmolLM2TrainingTests {
    @Test("Four steps on SmolLM2 give the reference's losses, norms, gradients and final adapter")
    func run() throws {
        let folder = try TemporaryFolder()
        let golden = Golden.path("model/smollm2")
        let cases = try JSON(parsing: read("\(golden)/train.json"))
        let checkpoint = try Checkpoint(directory: #require(SmolLM2.folder))
        var decoder = try Decoder(checkpoint)
        let adapter = try Adapter(directory: "\(golden)/initial_adapter", for: checkpoint.config)
        adapter.attach(to: &decoder, isTrained: true)
        let probe = try SafetensorsFile(path: "\(golden)/train_probe.safetensors")
        let steps = (cases["steps"]?.arrayValue ?? []).map { ($0.arrayValue ?? []).map(sample) }

        let first = PackPlan(steps[0], firstNumber: 0, capacity: 1024, batchSize: 1, sharing: nil)
        let pass = TrainingPass(decoder)
        for pack in first.packs { _ = pass.run(pack, normalizer: Double(first.targets)) }
        for entry in probe.tensors
        where entry.name.hasPrefix("grad_step0.") && entry.name.hasSuffix("lora_B.weight") {
            let name = String(entry.name.dropFirst("grad_step0.".count))
            let module = try #require(adapter.modules.first { $0.module.nameOfB == name }?.module)
            let gradient = try #require(decoder[module.layer, module.linear].update?.gradientB)
            let plain = Tensor(rows: gradient.columns, columns: gradient.rows)
            LowRank.transpose(plain, gradient)
            let expected = try probe.tensor(entry.name).elements
            #expect(distance(plain.elements, expected) < 1e-3, "\(name)")
        }

        var options = TrainerOptions()
        options.learningRate = 1e-4
        options.gradientAccumulationSteps = 8
        options.maxSteps = steps.count
        options.warmupSteps = 1
        options.loggingSteps = 1
        options.shufflesRows = false
        options.loraDropout = 0
        let trainer = try Trainer(
            options,
            decoder: decoder,
            samples: SampleArray(steps.flatMap { $0 }),
            folder: folder.path
        ) { try adapter.trained(in: decoder).write(to: $0) }
        var records: [StepRecord] = []
        try trainer.run { event in
            if case .step(let record, _) = event { records.append(record) }
            return .more
        }
        let expected = cases["expected"]?.arrayValue ?? []
        #expect(records.count == expected.count)
        for (record, step) in zip(records, expected) {
            let norm = try #require(step["grad_norm"]?.doubleValue)
            #expect(abs(record.loss - (step["loss"]?.doubleValue ?? 0)) < 3e-5)
            #expect(abs(record.gradientNorm - norm) < 1e-4 * norm)
        }
        let ours = try SafetensorsFile(path: "\(folder.path)/checkpoint-4/adapter_model.safetensors")
        for entry in probe.tensors
        where entry.name.hasPrefix("final.") && entry.name.hasSuffix("lora_B.weight") {
            let final = try ours.tensor(String(entry.name.dropFirst("final.".count))).elements
            #expect(distance(final, try probe.tensor(entry.name).elements) < 1e-3, "\(entry.name)")
        }
    }

    private func sample(_ row: JSON) -> Sample {
        func ints(_ json: JSON?) -> [Int32] {
            (json?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
        }
        let weights = row["loss_scale"]?.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } }
        return Sample(ids: ints(row["ids"]), labels: ints(row["labels"]), lossScale: weights)
    }

    private func distance(_ a: [Float], _ b: [Float]) -> Double {
        let difference = zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        return (difference / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
    }

    private func read(_ path: String) throws -> [UInt8] {
        let storage = try TensorStorage(mapping: path)
        return storage.bytes(0..<storage.byteCount)
    }
}
