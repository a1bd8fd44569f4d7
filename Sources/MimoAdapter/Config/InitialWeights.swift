/// What an adapter's matrices begin as (`--init_lora_weights`).
public enum InitialWeights: Sendable, Equatable {
    /// A uniform within ±1/√in, B zero: the base is unchanged at first.
    case kaiming
    /// A normal with standard deviation 1/r, B zero.
    case gaussian
    /// A and B both random, which changes the base: for tests.
    case random
    /// The base's own strongest directions, which training then changes (PiSSA, Meng et al. 2024). Exact, or by this
    /// many rounds of a randomized decomposition (Halko et al. 2011), which is much quicker.
    case pissa(rounds: Int?)

    /// Reads PEFT's name: `true`, `false`, `gaussian`, `pissa`, `pissa_niter_4`; nil for others.
    public init?(_ name: String) {
        switch name.lowercased() {
        case "true": self = .kaiming
        case "false": self = .random
        case "gaussian": self = .gaussian
        case "pissa": self = .pissa(rounds: nil)
        case let other:
            guard other.hasPrefix("pissa_niter_"), let rounds = Int(other.dropFirst("pissa_niter_".count)),
                (0...64).contains(rounds)
            else { return nil }
            self = .pissa(rounds: rounds)
        }
    }

    /// PEFT's name.
    public var name: String {
        switch self {
        case .kaiming: "true"
        case .gaussian: "gaussian"
        case .random: "false"
        case .pissa(nil): "pissa"
        case .pissa(.some(let rounds)): "pissa_niter_\(rounds)"
        }
    }
}
