import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct LearningRateScheduleTests {
    @Test("Every schedule gives transformers' rates, step by step", arguments: 0..<17)
    func rates(index: Int) throws {
        let cases = try #require(try GoldenSteps.json("tuning/schedules.json").arrayValue)
        #expect(cases.count == 17)
        let expected = cases[index]
        let kind = try #require(expected["name"]?.stringValue.flatMap(LearningRateSchedule.Kind.init))
        let shape = try ScheduleShape(Array(#require(expected["kwargs"]?.objectValue)), for: kind)
        let schedule = LearningRateSchedule(
            kind: kind,
            peak: 2e-4,
            warmupSteps: try #require(expected["warmup"]?.intValue),
            totalSteps: try #require(expected["total"]?.intValue),
            shape: shape
        )
        for (step, rate) in try #require(expected["rates"]?.arrayValue).enumerated() {
            let rate = try #require(rate.doubleValue)
            #expect(abs(schedule.rate(at: step) - rate) < 1e-16, "\(kind) step \(step)")
        }
    }

    @Test("A schedule is refused what it does not have, and asked for what it needs")
    func refused() {
        let wrong: [(LearningRateSchedule.Kind, String, JSON)] = [
            (.linear, "min_lr", 1e-6), (.cosine, "power", 2), (.polynomial, "power", "two"),
            (.warmupStableDecay, "num_decay_steps", -1), (.warmupStableDecay, "decay_type", "sudden"),
        ]
        for (kind, name, value) in wrong {
            #expect(throws: TrainError.self) { try ScheduleShape([(key: name, value: value)], for: kind) }
        }
        #expect(throws: TrainError.self) { try ScheduleShape([], for: .warmupStableDecay) }
        #expect(throws: TrainError.self) { try ScheduleShape([], for: .cosineWithMinLR) }
    }
}
