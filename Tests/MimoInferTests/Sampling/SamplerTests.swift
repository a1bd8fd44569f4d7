import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct SamplerTests {
    /// Scores with many ties, from a small generator of their own.
    static func scores(_ count: Int, seed: UInt64 = 1) -> [Float] {
        let random = CounterRandom(seed: seed, stream: 0)
        return (0..<count).map { Float((random.uniform($0) * 40).rounded()) / 4 - 5 }
    }

    @Test("The k-th largest score is that of a full sort", arguments: [1, 2, 3, 7, 64, 99, 100])
    func largest(k: Int) {
        for seed in 0..<20 {
            let scores = Self.scores(100, seed: UInt64(seed))
            #expect(TopK.largest(k, of: scores) == scores.sorted(by: >)[k - 1])
        }
    }

    @Test(
        "Top-p keeps the shortest beginning of the sorted probabilities that reaches p",
        arguments: [
            Float(0.001), 0.1, 0.5, 0.9, 0.999, 0.999_999,
        ]
    )
    func nucleus(p: Float) throws {
        for seed in 0..<10 {
            let scores = Self.scores(777, seed: UInt64(seed)).map { $0 * 3 }
            var candidates = Candidates(logits: scores)
            try TopP(p).apply(to: &candidates, history: TokenHistory())
            let (weights, sum) = Candidates(logits: scores).weights()
            let sorted = scores.indices.sorted { (weights[$0], $1) > (weights[$1], $0) }
            var mass = 0.0
            let expected = sorted.prefix { place in
                defer { mass += Double(weights[place]) / sum }
                return mass < Double(p)
            }
            #expect(candidates.ids == expected.map { Int32($0) })
        }
    }

    @Test("Draws follow the probabilities")
    func distribution() throws {
        let logits: [Float] = [0, 1, 2, -3, 1]
        let sampler = try Sampler(SamplingOptions(topK: 0, seed: 7))
        var counts = [0.0, 0, 0, 0, 0]
        let draws = 20_000
        for index in 0..<draws {
            let id = try #require(sampler.next(logits, history: TokenHistory(), index: index))
            counts[Int(id)] += 1
        }
        let (weights, sum) = Candidates(logits: logits).weights()
        // Chi-square with 4 degrees of freedom exceeds 23.5 once in ten thousand seeds.
        let chiSquare = weights.indices.reduce(0.0) { total, place in
            let expected = Double(draws) * Double(weights[place]) / sum
            return total + (counts[place] - expected) * (counts[place] - expected) / expected
        }
        #expect(chiSquare < 23.5)
    }

    @Test("The same seed, stream and index draw the same; another stream or seed does not")
    func streams() throws {
        let logits = Self.scores(500)
        func draws(seed: UInt64, stream: UInt64) throws -> [Int32?] {
            let sampler = try Sampler(SamplingOptions(topK: 0, seed: seed), stream: stream)
            return (0..<50).map { sampler.next(logits, history: TokenHistory(), index: $0) }
        }
        #expect(try draws(seed: 1, stream: 2) == draws(seed: 1, stream: 2))
        #expect(try draws(seed: 1, stream: 2) != draws(seed: 1, stream: 3))
        #expect(try draws(seed: 1, stream: 2) != draws(seed: 2, stream: 1))
    }

    @Test("Greedy takes the first of the best, after the repetition penalty")
    func greedy() throws {
        let logits: [Float] = [1, 4, 4, -2]
        let plain = try Sampler(.greedy)
        #expect(plain.next(logits, history: TokenHistory([1]), index: 0) == 1)
        let penalized = try Sampler(SamplingOptions(temperature: 0, repetitionPenalty: 1.1))
        #expect(penalized.next(logits, history: TokenHistory([1]), index: 0) == 2)
        #expect(penalized.next([-1, -1.5, -1.2, -9], history: TokenHistory([0]), index: 0) == 0)
        #expect(penalized.next([-1.15, -1.5, -1.2, -9], history: TokenHistory([0]), index: 0) == 2)
    }

    @Test(
        "No temperature, however small or large, makes anything but a choice",
        arguments: [
            Float(1e-38), 1e-10, 1e-3, 1e3, 1e38,
        ]
    )
    func extremes(temperature: Float) throws {
        let logits = Self.scores(300)
        let sampler = try Sampler(SamplingOptions(temperature: temperature, topK: 0, topP: 0.9))
        let id = try #require(sampler.next(logits, history: TokenHistory(), index: 3))
        if temperature < 1e-2 { #expect(logits[Int(id)] == logits.max()) }
    }

    @Test("Logits that are not numbers give no token")
    func broken() throws {
        let sampler = try Sampler(.greedy)
        #expect(sampler.next([1, .nan, 2], history: TokenHistory(), index: 0) == nil)
        #expect(sampler.next([1, .infinity, 2], history: TokenHistory(), index: 0) == nil)
        #expect(sampler.next([.nan, .nan], history: TokenHistory(), index: 0) == nil)
        #expect(sampler.next([1, -.infinity, 2], history: TokenHistory(), index: 0) == 2)
    }

    @Test(
        "The first of the best is found wherever it stands, and so is what is not a number",
        arguments: 0..<150
    )
    func best(place: Int) {
        var scores = [Float](repeating: -3, count: 150)
        scores[0] = -.infinity
        scores[place] = -2
        #expect(Candidates(logits: scores).best == place)
        scores[149] = -2
        #expect(Candidates(logits: scores).best == place)
        for value in [Float.nan, .infinity] {
            scores[place] = value
            #expect(Candidates(logits: scores).best == nil)
        }
        #expect(Candidates(logits: Array(repeating: -.infinity, count: place)).best == nil)
    }

    @Test("Options out of their range are refused by name")
    func refused() {
        #expect(
            throws: InferError.badOption("top_p", found: "0.0", expected: "a number above 0 and at most 1")
        ) {
            try SamplingOptions(topP: 0).validate()
        }
        #expect(throws: InferError.badOption("top_k", found: "-1", expected: "at least 1, or 0 for no limit"))
        {
            try SamplingOptions(topK: -1).validate()
        }
        #expect(
            throws: InferError.badOption("temperature", found: "-0.5", expected: "a number of at least 0")
        ) {
            try SamplingOptions(temperature: -0.5).validate()
        }
        #expect(throws: InferError.badOption("min_p", found: "2.0", expected: "a number from 0 to 1")) {
            try SamplingOptions(minP: 2).validate()
        }
        #expect(
            throws: InferError.badOption("repetition_penalty", found: "0.0", expected: "a number above 0")
        ) {
            try SamplingOptions(temperature: 0, repetitionPenalty: 0).validate()
        }
        #expect(throws: InferError.badOption("temperature", found: "nan", expected: "a number of at least 0"))
        {
            try SamplingOptions(temperature: .nan).validate()
        }
    }
}

extension Sampler {
    fileprivate func next(_ logits: [Float], history: TokenHistory, index: Int) -> Int32? {
        next(Tensor(logits, rows: 1, columns: logits.count), history: history, index: index)
    }
}
