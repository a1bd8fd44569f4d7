import ArgumentParser
import MimoAdapter

/// What is trained.
struct TuningOptions: ParsableArguments {
    /// The kinds of tuning.
    enum Tuner: String, ExpressibleByArgument, CaseIterable, OptionValue {
        case lora
    }

    @Option(help: .taking("kind", "What is trained (older name: --train-type)."))
    var tunerType = Tuner.lora

    @Option(help: .taking("n", "LoRA's rank r."))
    var loraRank = LoRAConfig().rank

    @Option(help: .taking("x", "LoRA's alpha; the update is scaled by alpha/r."))
    var loraAlpha = LoRAConfig().alpha

    @Option(help: .taking("x", "The share of LoRA's inputs that are dropped in training."))
    var loraDropout = LoRAConfig().dropout

    @Option(
        parsing: .singleValue,
        help: .taking("name ...", "Layers that get an adapter: all-linear, or names such as q_proj v_proj.")
    )
    var targetModules = ["all-linear"]

    @Option(
        help: .taking(
            "regex",
            "A regular expression for whole paths of layers, in place of --target-modules."
        )
    )
    var targetRegex: String?

    @Option(help: .taking("bool", "Scale the update by alpha/√r."))
    var useRslora = LoRAConfig().usesRSLoRA

    @Option(help: .taking("json", #"Ranks of some layers, as JSON: {"down_proj": 4}."#))
    var rankPattern: String?

    @Option(help: .taking("json", #"Alphas of some layers, as JSON: {"layers.0.self_attn.v_proj": 16}."#))
    var alphaPattern: String?
}
