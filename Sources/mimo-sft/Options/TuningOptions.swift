import ArgumentParser
import MimoAdapter
import MimoTrain

/// What is trained.
struct TuningOptions: ParsableArguments {
    @Option(
        help: .taking(
            "kind",
            """
            What is trained: an adapter, or with full all of the model's own weights (older name: --train-type).
            """
        )
    )
    var tunerType = FineTuningOptions.Tuner.lora

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

    @Option(help: .taking("bool", "Train a magnitude for each output beside the update (DoRA)."))
    var useDora = LoRAConfig().usesDoRA

    @Option(
        help: .taking(
            "name",
            """
            What the update begins as: true (A random, B zero), gaussian, pissa (the weight's strongest directions), \
            pissa_niter_N (the same by N quick rounds), or false (both random). With pissa take --lora-dropout 0: what \
            is dropped would be the model's own.
            """
        )
    )
    var initLoraWeights = LoRAConfig().initialWeights.name

    @Option(
        parsing: .singleValue,
        help: .taking(
            "name ...",
            """
            Modules that are trained whole and kept with the adapter, by the ends of their paths: embed_tokens, lm_head, \
            norm; all-embedding and all-norm for all of a kind.
            """
        )
    )
    var modulesToSave: [String] = []

    @Option(help: .taking("x", "LoRA+: what the learning rate is multiplied with for B."))
    var lorapLrRatio: Double?

    @Option(help: .taking("json", #"Ranks of some layers, as JSON: {"down_proj": 4}."#))
    var rankPattern: String?

    @Option(help: .taking("json", #"Alphas of some layers, as JSON: {"layers.0.self_attn.v_proj": 16}."#))
    var alphaPattern: String?

    @Option(
        help: .taking(
            "type",
            """
            Type of the weights that full tuning writes: float32, bfloat16 or float16; the base's if not given. \
            Arithmetic is float32 in any case.
            """
        )
    )
    var torchDtype: String?

    @Option(
        help: .taking(
            "x",
            """
            Full tuning: the part in the loss that the layer for multi-token prediction has, which predicts the token after \
            next and drafts in inference; with 0 it stays as it is.
            """
        )
    )
    var mtpLossWeight = TrainerOptions().mtpLossWeight

    @Option(
        parsing: .singleValue,
        help: .taking("name ...", "Full tuning: parameters whose names begin so are frozen.")
    )
    var freezeParameters: [String] = []

    @Option(help: .taking("regex", "Full tuning: parameters in whose names this is found are frozen."))
    var freezeParametersRegex: String?

    @Option(
        help: .taking("x", "Full tuning: the share of the weights, from the embedding on, that is frozen.")
    )
    var freezeParametersRatio = ParameterSelection().frozenRatio

    @Option(
        parsing: .singleValue,
        help: .taking("name ...", "Full tuning: parameters whose names begin so are trained all the same.")
    )
    var trainableParameters: [String] = []

    @Option(
        help: .taking(
            "regex",
            "Full tuning: parameters in whose names this is found are trained all the same."
        )
    )
    var trainableParametersRegex: String?
}
