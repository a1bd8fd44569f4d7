import MimoFiles
import Testing

@testable import MimoTrain

@Suite struct BestStepTests {
    @Test("A loss is best where it is least, another metric where it is greatest, unless told otherwise")
    func direction() {
        var options = EvaluationOptions()
        #expect(options.isBetter(1, than: 2))
        options.metric = "eval_token_acc"
        #expect(options.metricName == "token_acc")
        #expect(options.isBetter(2, than: 1))
        options.greaterIsBetter = false
        #expect(options.isBetter(1, than: 2))
    }

    @Test("So many evaluations without a better one end the run; an equal one is not better")
    func patience() {
        var options = EvaluationOptions()
        options.patience = 2
        var best = BestStep()
        let found = [2, 2, 1, 3, 1].enumerated().map { place, value in
            (best.take(value, at: 5 * (place + 1), options), best.isOver(options))
        }
        #expect(found.map(\.0) == [true, false, true, false, false])
        #expect(found.map(\.1) == [false, false, false, false, true])
        #expect(best.step == 15)
        #expect(BestStep(JSON.object(JSONObject(best.members(folder: "x")))) == best)
    }
}
