import MimoData
import Testing

@testable import MimoTrain

@Suite struct TokenPlanTests {
    @Test(
        "What is left is the sum of the rows still to come, in whichever epoch they are",
        arguments: [1, 2, 3, 4, 7, 9],
        [1, 3, 4, 11]
    )
    func remaining(steps: Int, rowsPerStep: Int) {
        let lengths = [5, 1, 8, 2, 13, 3, 4]
        let samples = SampleArray(
            lengths.map {
                Sample(ids: Array(repeating: 1, count: $0), labels: Array(repeating: 1, count: $0))
            }
        )
        let rows = RowSchedule(rowCount: 7, rowsPerStep: rowsPerStep, seed: 3, shuffles: true)
        var plan = TokenPlan(rows: rows, totalSteps: steps, samples: samples)
        let perStep = (0..<steps).map { step in
            rows.rows(of: step, in: rows.order(epoch: rows.epoch(of: step))).reduce(0) { $0 + lengths[$1] }
        }
        for done in 0...steps {
            let remaining = plan.remaining(after: done)
            #expect(remaining == perStep[done...].reduce(0, +))
        }
        #expect(plan.total == perStep.reduce(0, +))
        #expect(plan.longest == 13)
    }
}
