import ArgumentParser
import MimoAdapter

/// What is trained.
struct TuningOptions: ParsableArguments {
    /// The kinds of tuning.
    enum Tuner: String, ExpressibleByArgument, CaseIterable, OptionValue {
        case lora
    }

    @Option(help: "What is trained (older name: --train-type).")
    var tunerType = Tuner.lora

    @Option(help: "LoRA's rank r.")
    var loraRank = LoRAConfig().rank

    @Option(help: "LoRA's alpha; the update is scaled by alpha/r.")
    var loraAlpha = LoRAConfig().alpha

    @Option(help: "The share of LoRA's inputs that are dropped in training.")
    var loraDropout = LoRAConfig().dropout

    @Option(
        parsing: .singleValue,
        help: "Layers that get an adapter: all-linear, or names such as q_proj v_proj."
    )
    var targetModules = ["all-linear"]

    @Option(help: "A regular expression for whole paths of layers, in place of --target-modules.")
    var targetRegex: String?

    @Option(help: "Scale the update by alpha/√r.")
    var useRslora = LoRAConfig().usesRSLoRA

    @Option(help: #"Ranks of some layers, as JSON: {"down_proj": 4}."#)
    var rankPattern: String?

    @Option(help: #"Alphas of some layers, as JSON: {"layers.0.self_attn.v_proj": 16}."#)
    var alphaPattern: String?
}
