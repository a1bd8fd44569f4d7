import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct RandomModelTests {
    @Test(
        "A new model has the config's shapes, spreads and ones, by its seed alone",
        arguments: Golden.tinyModels
    )
    func weights(model: String) throws {
        let folder = try TemporaryFolder()
        let random = try RandomModel(directory: Golden.path("model/\(model)"))
        for (name, type, seed) in [
            ("a", ElementType.f32, 1), ("b", .f32, 1), ("c", .f32, 2), ("d", .bf16, 1),
        ] {
            try random.write(to: folder.file(name), as: type, seed: UInt64(seed))
        }
        let models = try ["a", "b", "c", "d"].map { try Checkpoint(directory: folder.file($0)) }
        #expect(models[0].config == random.config)
        #expect(models[0].mtpLayerCount == random.config.mtpLayerCount)
        func bytes(_ index: Int) -> [UInt8] {
            models[index].files[0].tensors.flatMap { tensor in
                models[index].files[0].withBytes(tensor.byteRange) { Array($0) }
            }
        }
        #expect(bytes(0) == bytes(1) && bytes(0) != bytes(2))
        #expect(models[3].files[0].tensors.allSatisfy { $0.type == .bf16 })
        for tensor in models[0].files[0].tensors {
            let values = try models[0].weight(tensor.name).widened().elements
            guard tensor.shape.count > 1 else {
                #expect(values.allSatisfy { $0 == (tensor.name.hasSuffix("bias") ? 0 : 1) })
                continue
            }
            let isResidual = ["o_proj.weight", "down_proj.weight"].contains { tensor.name.hasSuffix($0) }
            let expected = 0.02 / (isResidual ? Double(2 * random.config.layerCount).squareRoot() : 1)
            let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
            let spread = (values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count))
                .squareRoot()
            let error = 5 / Double(values.count).squareRoot()
            #expect(abs(spread / expected - 1) < error, "\(tensor.name)")
            #expect(abs(mean) < error * expected, "\(tensor.name)")
        }
        // Nothing is preferred at first: the loss is the vocabulary's logarithm.
        let decoder = try Decoder(models[0])
        let logits = InferencePass(decoder).run([(KeyValueCache(decoder.config), [1, 2, 3])], logits: .all)
        #expect(logits.elements.allSatisfy { abs($0) < 2 })
    }
}
