import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct GradientGoldenTests {
    @Test("Loss and every gradient of the first step equal the reference's", arguments: Golden.tinyModels)
    func firstStep(model: String) throws {
        let run = try FirstStep(model)
        let result = run.gradients { [TrainingPack(rows: $0)] }
        #expect(abs(result.loss - run.expectedLoss) < 1e-5)
        try run.expectGradients(result.gradients)
    }

    @Test(
        "Rows apart, packed or split otherwise give the same loss and gradients",
        arguments: Golden.tinyModels
    )
    func packing(model: String) throws {
        let run = try FirstStep(model)
        let apart = run.gradients { rows in rows.map { TrainingPack(rows: [$0]) } }
        #expect(abs(apart.loss - run.expectedLoss) < 1e-5)
        try run.expectGradients(apart.gradients)
        let halves = run.gradients { rows in
            [TrainingPack(rows: Array(rows.prefix(1))), TrainingPack(rows: Array(rows.dropFirst()))]
        }
        try run.expectGradients(halves.gradients)
    }

    @Test("Recomputing blocks gives the same bits as keeping them", arguments: Golden.tinyModels)
    func recomputation(model: String) throws {
        let run = try FirstStep(model)
        let kept = run.gradients(dropout: (7, 0.1)) { [TrainingPack(rows: $0)] }
        for blocks in 1...3 {
            let again = run.gradients(dropout: (7, 0.1), recomputedBlocks: blocks) {
                [TrainingPack(rows: $0)]
            }
            #expect(again.loss == kept.loss)
            #expect(again.gradients == kept.gradients)
        }
    }

    @Test("Any number of threads gives the same bits", arguments: Golden.tinyModels)
    func threads(model: String) throws {
        let run = try FirstStep(model)
        holdingThreads {
            let before = Compute.threads
            defer { Compute.setThreads(before) }
            var results: [[String: [Float]]] = []
            for threads in [1, 2, 5] {
                Compute.setThreads(threads)
                results.append(run.gradients(dropout: (3, 0.2)) { [TrainingPack(rows: $0)] }.gradients)
            }
            #expect(results[0] == results[1])
            #expect(results[0] == results[2])
        }
    }

    @Test("Rows that share a prefix learn the same when it is computed once", arguments: Golden.tinyModels)
    func sharedPrefixes(model: String) throws {
        let run = try FirstStep(model)
        let trunk = run.rows.max { $0.neededTokens < $1.neededTokens } ?? run.rows[0]
        // A system prompt for all, a history for three of them, one row that is another's beginning, one stranger.
        func row(_ tail: [Int32], after count: Int, number: Int) -> TrainingPack.Row {
            let ids = Array(trunk.ids.prefix(count)) + tail
            let labels = ids.enumerated().map { $0 % 3 == 1 ? Int32(-100) : $1 }
            return TrainingPack.Row(
                ids: ids,
                labels: labels,
                weights: ids.indices.map { Float($0 % 4) / 2 },
                number: number
            )
        }
        let rows = [
            row([5, 6, 7, 8, 9], after: 10, number: 0), row([5, 9, 9], after: 20, number: 1), trunk,
            row([3], after: 20, number: 3), row([4, 4, 4, 4, 4, 4, 4], after: 0, number: 4),
            row([], after: 15, number: 5), row([5, 9, 8], after: 20, number: 6),
        ]
        let apart = run.gradients(of: rows) { [TrainingPack(rows: $0)] }
        for sharedTokens in [1, 4, 12] {
            let shared = run.gradients(of: rows) { [TrainingPack(rows: $0, sharedTokens: sharedTokens)] }
            #expect(abs(shared.loss - apart.loss) < 1e-5)
            for (name, gradient) in apart.gradients {
                #expect(relativeDistance(shared.gradients[name] ?? [], gradient) < 1e-4, "\(name)")
            }
        }
        let saved = TrainingPack(rows: rows).ids.count - TrainingPack(rows: rows, sharedTokens: 4).ids.count
        #expect(saved >= 3 * min(10, trunk.neededTokens))
    }

    @Test(
        "Logits, and the last block's queries and feed-forward, of tokens that do not count change no gradient",
        arguments: Golden.tinyModels
    )
    func scoringEverything(model: String) throws {
        let run = try FirstStep(model)
        let skipping = run.gradients { [TrainingPack(rows: $0)] }
        let labels = run.rows.reduce(0) { $0 + $1.labels.dropFirst().count { $0 >= 0 } }
        // Every token is scored; what did not count gets weight 0.
        let all = run.gradients(normalizer: labels) { rows in
            var pack = TrainingPack(rows: rows)
            let counted = Dictionary(uniqueKeysWithValues: pack.targets.map { ($0.token, $0) })
            pack.targets = pack.ids.indices.map {
                counted[$0] ?? TrainingPack.Target(token: $0, label: 1, weight: 0)
            }
            return [pack]
        }
        #expect(abs(all.loss - skipping.loss) < 1e-6)
        expectSame(all.gradients, skipping.gradients)
    }

    @Test("What stands behind the last counted token changes no gradient", arguments: Golden.tinyModels)
    func behindTheLastTarget(model: String) throws {
        let run = try FirstStep(model)
        let cut = run.gradients { [TrainingPack(rows: $0)] }
        let whole = run.gradients { rows in
            rows.map { row in
                let pack = TrainingPack(rows: [row])
                return TrainingPack(
                    ids: row.ids + [1, 2, 3],
                    layout: PackLayout(rows: [row.ids.count + 3]),
                    targets: pack.targets,
                    tokenKeys: (0..<UInt64(row.ids.count + 3)).map { $0 }
                )
            }
        }
        #expect(abs(whole.loss - cut.loss) < 1e-6)
        expectSame(whole.gradients, cut.gradients)
    }

    @Test("Gradients below the lowest adapter change none above it", arguments: Golden.tinyModels)
    func belowTheLowestAdapter(model: String) throws {
        var run = try FirstStep(model)
        for linear in DecoderLinear.allCases { run.decoder[0, linear].update = nil }
        let skipping = run.gradients { [TrainingPack(rows: $0)] }
        // An adapter whose B is 0 adds nothing, but asks for the gradient of everything above it.
        let query = run.decoder[0, .query].weight
        run.decoder[0, .query].update = LowRankUpdate(
            a: Tensor(Array(repeating: 0.5, count: query.columns), rows: 1, columns: query.columns),
            bTransposed: Tensor(rows: 1, columns: query.rows),
            scale: 1,
            isTrained: true
        )
        var whole = run.gradients { [TrainingPack(rows: $0)] }
        #expect(whole.loss == skipping.loss)
        let idle = whole.gradients.keys.filter { $0.contains("layers.0.") }
        #expect(idle.count == 2)
        for name in idle { whole.gradients[name] = nil }
        expectSame(whole.gradients, skipping.gradients)
    }

    private func expectSame(_ found: [String: [Float]], _ expected: [String: [Float]]) {
        #expect(found.keys.sorted() == expected.keys.sorted())
        for (name, gradient) in expected {
            #expect(relativeDistance(found[name] ?? [], gradient) < 1e-5, "\(name)")
        }
    }

    @Test("Dropout draws by row and position: packing does not change it", arguments: Golden.tinyModels)
    func dropoutPacking(model: String) throws {
        let run = try FirstStep(model)
        let together = run.gradients(dropout: (11, 0.3)) { [TrainingPack(rows: $0)] }
        let apart = run.gradients(dropout: (11, 0.3)) { rows in
            rows.reversed().map { TrainingPack(rows: [$0]) }
        }
        #expect(abs(together.loss - apart.loss) < 1e-5)
        #expect(abs(together.loss - run.expectedLoss) > 1e-4)
        for (name, gradient) in together.gradients {
            #expect(relativeDistance(apart.gradients[name] ?? [], gradient) < 1e-4, "\(name)")
        }
    }
}

/// Step 0 of a golden training case.
private struct FirstStep {
    let model: String
    var decoder: Decoder
    let rows: [TrainingPack.Row]
    let expectedLoss: Double

    init(_ model: String) throws {
        self.model = model
        let folder = Golden.path("model/\(model)/train")
        var decoder = try GoldenRun.decoder(model)
        let cases = try GoldenRun.json("\(folder)/case.json")
        let lora = try #require(cases["lora"])
        let scale = Float((lora["lora_alpha"]?.doubleValue ?? 0) / (lora["r"]?.doubleValue ?? 1))
        try GoldenRun.attach(
            "\(folder)/initial_adapter/adapter_model.safetensors",
            to: &decoder,
            scale: scale,
            isTrained: true
        )
        self.decoder = decoder
        rows = GoldenRun.rows(try #require(cases["steps"]?.arrayValue?.first))
        expectedLoss = try #require(
            GoldenRun.json("\(folder)/expected.json")["steps"]?.arrayValue?.first?["loss"]?.doubleValue
        )
    }

    func gradients(
        dropout: (key: UInt64, probability: Float)? = nil,
        recomputedBlocks: Int = 0,
        of given: [TrainingPack.Row]? = nil,
        normalizer: Int? = nil,
        _ packs: ([TrainingPack.Row]) -> [TrainingPack]
    ) -> (loss: Double, gradients: [String: [Float]]) {
        let rows = given ?? self.rows
        let labels = rows.reduce(0) { $0 + $1.labels.dropFirst().count { $0 >= 0 } }
        let pass = TrainingPass(decoder, recomputedBlocks: recomputedBlocks)
        var total = PassResult()
        for (_, update) in updates { [update.gradientA, update.gradientB].forEach { $0?.fill(0) } }
        for pack in packs(rows) { total.add(pass.run(pack, normalizer: Double(labels), dropout: dropout)) }
        if normalizer == nil { #expect(total.main.targets == labels) }
        var gradients: [String: [Float]] = [:]
        for (name, update) in updates {
            guard let a = update.gradientA, let b = update.gradientB else { continue }
            let bPlain = Tensor(rows: b.columns, columns: b.rows)
            LowRank.transpose(bPlain, b)
            gradients["\(name).lora_A.weight"] = a.elements
            gradients["\(name).lora_B.weight"] = bPlain.elements
        }
        return (total.main.weightedLoss / Double(labels), gradients)
    }

    private var updates: [(String, LowRankUpdate)] {
        (0..<decoder.config.layerCount).flatMap { layer in
            DecoderLinear.allCases.compactMap { linear in
                decoder[layer, linear].update.map { ("base_model.model.\(linear.path(inLayer: layer))", $0) }
            }
        }
    }

    func expectGradients(_ gradients: [String: [Float]]) throws {
        let file = try SafetensorsFile(path: Golden.path("model/\(model)/train/grads_step0.safetensors"))
        #expect(file.tensors.count == gradients.count)
        for entry in file.tensors {
            let expected = try file.tensor(entry.name).elements
            let distance = relativeDistance(try #require(gradients[entry.name]), expected)
            #expect(distance < 1e-4, "\(model) \(entry.name): \(distance)")
        }
    }
}

/// norm(a - b) / norm(b)
private func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let difference = zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    let norm = b.reduce(0.0) { $0 + Double($1) * Double($1) }
    return norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
}
