import MimoData
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct PaceTests {
    @Test("A resumed run has an end in sight at once, by the speed before")
    func resumed() {
        var pace = Pace()
        #expect(pace.remaining(.init(tokens: 10)) == nil)
        pace.step(tokens: 10, seconds: 100)
        #expect(pace.remaining(.init(tokens: 10)) == 100)
        pace.step(tokens: 10, seconds: 20)
        pace.step(tokens: 30, seconds: 60)
        pace.evaluation(seconds: 7)
        pace.save(seconds: 1)
        // The first step, in which the weights are read from disk, no longer counts.
        let rest = Pace.Rest(tokens: 10, evaluations: 2, scoredTokens: 1000, scoringShare: 0.5, saves: 3)
        #expect(pace.remaining(rest) == Double(20 + 14 + 3))
        let later = Pace(pace.json(elapsed: 180))
        #expect(later.earlierSeconds == 180)
        #expect(later.remaining(rest) == Double(20 + 14 + 3))
    }

    @Test("An evaluation that has not come yet counts by its tokens and the look before the first step")
    func unseenEvaluation() {
        var pace = Pace()
        pace.firstLook(seconds: 6)
        pace.step(tokens: 100, seconds: 50)
        let rest = Pace.Rest(tokens: 1000, evaluations: 3, scoredTokens: 40, scoringShare: 0.5)
        #expect(pace.remaining(rest) == Double(500 + 3 * (6 + 10)))
        #expect(Pace(pace.json(elapsed: 56)).remaining(rest) == Double(500 + 3 * (6 + 10)))
        pace.evaluation(seconds: 20)
        #expect(pace.remaining(rest) == Double(500 + 3 * 20))
    }

    @Test("After a twentieth of a run its end is foretold within a tenth", arguments: 1...8)
    func replay(seed: UInt64) {
        // Rows of very different lengths: steps differ by what they hold, and so do halves of the run.
        var random = SplitMix(seed: seed)
        let lengths = (0..<600).map { _ in
            let size = Double(random.next() % 1000) / 1000
            return 10 + Int(900 * size * size * size)
        }
        let samples = SampleArray(
            lengths.map {
                Sample(ids: Array(repeating: 1, count: $0), labels: Array(repeating: 1, count: $0))
            }
        )
        let rows = RowSchedule(rowCount: 600, rowsPerStep: 4, seed: seed, shuffles: false)
        let total = 400
        var plan = TokenPlan(rows: rows, totalSteps: total, samples: samples)
        // What the machine takes: 5 ms a token, up to 5 % more or less; 40 s more for the first step.
        let steps = (0..<total).map { step in
            let order = rows.order(epoch: rows.epoch(of: step))
            let tokens = rows.rows(of: step, in: order).reduce(0) { $0 + lengths[$1] }
            let noise = 0.95 + Double(random.next() % 1000) / 10_000
            return (tokens: tokens, seconds: 0.005 * Double(tokens) * noise + (step == 0 ? 40 : 0))
        }
        let (evaluation, probe, save) = (0.0025 * 20_000, 12.0, 0.3)
        var pace = Pace()
        pace.firstLook(seconds: probe)
        let done = total / 20
        for step in steps[..<done] { pace.step(tokens: step.tokens, seconds: step.seconds) }
        let truth =
            steps[done...].reduce(0) { $0 + $1.seconds } + 8 * (evaluation + probe) + 8 * save
        let foretold = pace.remaining(
            .init(
                tokens: plan.remaining(after: done),
                evaluations: 8,
                scoredTokens: 20_000,
                scoringShare: 0.5,
                saves: 8
            )
        )
        #expect(abs((foretold ?? 0) / truth - 1) < 0.1, "\(String(describing: foretold)) of \(truth) s")
    }
}
