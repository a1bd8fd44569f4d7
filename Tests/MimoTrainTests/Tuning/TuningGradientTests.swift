import MimoAdapter
import MimoData
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

/// Gradients against central differences of the loss, where a reference's dropout could not be repeated.
@Suite(.serialized) struct TuningGradientTests {
    @Test(
        "Gradients of every way of tuning are those of the loss, with the dropout that was drawn",
        arguments: ["tiny-mimo", "tiny-qwen3"],
        ["lora", "dora", "pissa", "saved", "full"]
    )
    func differences(model: String, way: String) throws {
        let run = try TuningCase(model)
        var decoder = try Decoder(run.base)
        var config = LoRAConfig(rank: 4, alpha: 8)
        switch way {
        case "dora": (config.usesDoRA, config.initialWeights) = (true, .random)
        case "pissa": config.initialWeights = .pissa(rounds: nil)
        case "saved":
            config.savedModules = ["embed_tokens", "lm_head", "norm"]
            config.initialWeights = .random
        default: config.initialWeights = .random
        }
        if way == "full" {
            decoder.train { _ in true }
        } else {
            try Adapter(initializing: config, on: run.base, seed: 3).attach(to: &decoder, isTrained: true)
        }
        let pack = run.firstPack
        let pass = TrainingPass(decoder)
        pass.labelSmoothing = 0.1
        pass.embeddingNoise = EmbeddingNoise(key: 5, alpha: 5)
        func loss() -> Double {
            let normalizer = Double(pack.targets.count)
            return pass.run(pack, normalizer: normalizer, dropout: (7, 0.3)).main.loss
        }
        let tensors = TrainedTensors(decoder, TrainerOptions()).all
        tensors.forEach { $0.gradient.fill(0) }
        _ = loss()
        let kinds = Dictionary(grouping: tensors) { tensor in
            tensor.name.split(separator: ".").suffix(2).joined(separator: ".")
        }
        let gradients = Dictionary(tensors.map { ($0.name, $0.gradient.elements) }) { first, _ in first }
        for (kind, tensors) in kinds {
            // Along the gradient itself the loss changes most, and roundings count least.
            let norm = tensors.reduce(0.0) { sum, tensor in
                (gradients[tensor.name] ?? []).reduce(sum) { $0 + Double($1) * Double($1) }
            }.squareRoot()
            // Keys' biases move all scores alike: there is no slope to measure.
            guard norm > 1e-3 else { continue }
            let step = min(0.05, 2e-3 / norm)
            var losses: [Double] = []
            let before = tensors.map(\.value.elements)
            for sign in [1.0, -1.0] {
                for (tensor, values) in zip(tensors, before) {
                    let gradient = gradients[tensor.name] ?? []
                    for row in 0..<tensor.value.rows {
                        for column in 0..<tensor.value.columns {
                            let index = row * tensor.value.columns + column
                            let moved = sign * step * Double(gradient[index]) / norm
                            tensor.value[row, column] = Float(Double(values[index]) + moved)
                        }
                    }
                }
                // DoRA's norms are constants of the backward; its magnitudes are not.
                if kind.hasSuffix("magnitude_vector") { decoder.refreshMagnitudes() }
                losses.append(loss())
            }
            for (tensor, values) in zip(tensors, before) {
                tensor.value.copy(
                    from: Tensor(values, rows: tensor.value.rows, columns: tensor.value.columns)
                )
            }
            decoder.refreshMagnitudes()
            let slope = (losses[0] - losses[1]) / (2 * step)
            #expect(abs(slope / norm - 1) < 2e-2, "\(model) \(way) \(kind): slope \(slope), gradient \(norm)")
        }
    }
}
