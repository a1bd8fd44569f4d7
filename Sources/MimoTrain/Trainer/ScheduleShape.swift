public import MimoFiles

/// What shapes the course of the learning rate (`--lr_scheduler_kwargs`), by transformers' names.
public struct ScheduleShape: Sendable, Equatable {
    /// Waves of a cosine, or how often it restarts (`num_cycles`); nil: the schedule's own number.
    public var cycles: Double?
    /// Where a cosine with a lowest rate ends (`min_lr`).
    public var minRate: Double?
    /// The same as a share of the peak (`min_lr_rate`).
    public var minRateShare: Double?
    /// Where a polynomial ends (`lr_end`).
    public var lastRate = 1e-7
    /// A polynomial's power (`power`).
    public var power = 1.0
    /// Steps after which an inverse root has fallen to 0.7 of the peak (`timescale`); nil: those of the warm-up.
    public var timescale: Int?
    /// Steps at the peak (`num_stable_steps`); nil: what warm-up and decay leave.
    public var stableSteps: Int?
    /// Steps of the decay (`num_decay_steps`).
    public var decaySteps: Int?
    /// How the decay goes (`decay_type`).
    public var decay = Curve.cosine
    /// How the warm-up goes (`warmup_type`).
    public var warmup = Curve.linear
    /// Where the decay ends and the warm-up begins, as a share of the peak (`min_lr_ratio`).
    public var minFactor = 0.0

    /// The way between two rates.
    public enum Curve: String, Sendable, CaseIterable {
        /// A straight line.
        case linear
        /// Half a cosine.
        case cosine
        /// A root's course.
        case root = "1-sqrt"
    }

    /// The schedules' own shapes.
    public init() {}

    /// Reads the members of a JSON object.
    ///
    /// - Throws: ``TrainError/option(name:found:expected:)`` for a member that no schedule has.
    public init(_ members: [(key: String, value: JSON)], for kind: LearningRateSchedule.Kind) throws {
        for (name, value) in members where !value.isNull {
            func refused(_ expected: String) -> TrainError {
                .option(
                    name: "lr_scheduler_kwargs",
                    found: "\"\(name)\": \(value.text())",
                    expected: expected
                )
            }
            func number(from least: Double = 0) throws -> Double {
                guard let number = value.doubleValue, number.isFinite, number >= least else {
                    throw refused("a number from \(least) on")
                }
                return number
            }
            func steps(from least: Int) throws -> Int {
                guard let number = value.intValue, number >= least else {
                    throw refused("a whole number from \(least) on")
                }
                return number
            }
            func curve() throws -> Curve {
                guard let curve = value.stringValue.flatMap(Curve.init) else {
                    throw refused(Curve.allCases.map(\.rawValue).joined(separator: ", "))
                }
                return curve
            }
            switch (name, kind) {
            case ("num_cycles", .cosine), ("num_cycles", .cosineWithMinLR),
                ("num_cycles", .cosineWithRestarts),
                ("num_cycles", .warmupStableDecay):
                cycles = try number()
            case ("min_lr", .cosineWithMinLR): minRate = try number()
            case ("min_lr_rate", .cosineWithMinLR): minRateShare = try number()
            case ("lr_end", .polynomial): lastRate = try number()
            case ("power", .polynomial): power = try number()
            case ("timescale", .inverseSqrt): timescale = try steps(from: 1)
            case ("num_stable_steps", .warmupStableDecay): stableSteps = try steps(from: 0)
            case ("num_decay_steps", .warmupStableDecay): decaySteps = try steps(from: 0)
            case ("decay_type", .warmupStableDecay): decay = try curve()
            case ("warmup_type", .warmupStableDecay): warmup = try curve()
            case ("min_lr_ratio", .warmupStableDecay): minFactor = try number()
            default: throw refused("a member that --lr_scheduler_type \(kind.rawValue) has")
            }
        }
        if kind == .warmupStableDecay, decaySteps == nil {
            throw TrainError.option(
                name: "lr_scheduler_type",
                found: kind.rawValue,
                expected: #"steps of the decay beside it: --lr_scheduler_kwargs '{"num_decay_steps": 100}'"#
            )
        }
        if kind == .cosineWithMinLR, minRate == nil, minRateShare == nil {
            throw TrainError.option(
                name: "lr_scheduler_type",
                found: kind.rawValue,
                expected: #"a lowest rate beside it: --lr_scheduler_kwargs '{"min_lr": 1e-6}'"#
            )
        }
    }

    /// The shape as a resumed run compares it.
    var json: JSON {
        [
            "num_cycles": cycles.map { .double($0) } ?? .null, "min_lr": minRate.map { .double($0) } ?? .null,
            "min_lr_rate": minRateShare.map { .double($0) } ?? .null, "lr_end": .double(lastRate),
            "power": .double(power), "timescale": timescale.map { .int(Int64($0)) } ?? .null,
            "num_stable_steps": stableSteps.map { .int(Int64($0)) } ?? .null,
            "num_decay_steps": decaySteps.map { .int(Int64($0)) } ?? .null,
            "decay_type": .string(decay.rawValue), "warmup_type": .string(warmup.rawValue),
            "min_lr_ratio": .double(minFactor),
        ]
    }
}
