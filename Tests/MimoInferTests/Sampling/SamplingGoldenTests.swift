import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct SamplingGoldenTests {
    struct Case: CustomTestStringConvertible {
        let options: SamplingOptions
        let logits: [Float]
        let history: TokenHistory
        let expected: [(id: Int32, probability: Double)]
        let testDescription: String
    }

    static func cases() throws -> [Case] {
        let file = try LineReader(path: Golden.path("infer/sampling.json"))
        var bytes: [UInt8] = []
        while let line = try file.next() { bytes += line.bytes }
        return try #require(JSON(parsing: bytes).arrayValue).enumerated().map { number, row in
            let options = row["options"]
            func value(_ name: String) -> Float? { options?[name]?.doubleValue.map { Float($0) } }
            return Case(
                options: SamplingOptions(
                    temperature: value("temperature") ?? 1,
                    topK: options?["top_k"]?.intValue ?? 50,
                    topP: value("top_p") ?? 1,
                    minP: value("min_p") ?? 0,
                    repetitionPenalty: value("repetition_penalty") ?? 1
                ),
                logits: (row["logits"]?.arrayValue ?? []).compactMap { $0.doubleValue.map { Float($0) } },
                history: TokenHistory(
                    (row["history"]?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
                ),
                expected: (row["expected"]?.arrayValue ?? []).compactMap { entry in
                    guard let id = entry["id"]?.intValue, let p = entry["probability"]?.doubleValue else {
                        return nil
                    }
                    return (Int32(id), p)
                },
                testDescription: "\(number): \(options?.text() ?? "")"
            )
        }
    }

    @Test("The steps leave the candidates and probabilities that transformers' processors do")
    func probabilities() throws {
        let cases = try Self.cases()
        #expect(cases.count == 24)
        for sample in cases {
            var candidates = Candidates(logits: sample.logits)
            for step in try sample.options.steps() {
                step.apply(to: &candidates, history: sample.history)
            }
            let (weights, sum) = candidates.weights()
            var found: [Int32: Double] = [:]
            for place in weights.indices { found[candidates.id(at: place)] = Double(weights[place]) / sum }
            let expected = Dictionary(uniqueKeysWithValues: sample.expected.map { ($0.id, $0.probability) })
            #expect(Set(found.keys) == Set(expected.keys), "\(sample.testDescription)")
            for (id, probability) in expected {
                #expect(
                    abs((found[id] ?? -1) - probability) < 1e-6,
                    "\(sample.testDescription), id \(id): \(found[id] ?? -1), expected \(probability)"
                )
            }
        }
    }
}
