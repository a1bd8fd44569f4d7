import ArgumentParser
import MimoData

/// How rows become tokens.
struct TemplateOptions: ParsableArguments {
    @Option(
        help:
            "How conversations are written: qwen, mimo_rl, qwen3, chatml and so on; by the model if not given."
    )
    var template: String?

    @Option(help: "The system prompt of conversations that have none, or a .txt file of it; '' for none.")
    var system: String?

    @Option(help: "The longest row in tokens; the model's own limit if not given.")
    var maxLength: Int?

    @Option(help: "What becomes of longer rows.")
    var truncationStrategy = RowEncoder.Options().truncation

    @Option(
        help: """
            What counts in the loss: default, last_round or all, then +ignore_empty_think, \
            +ignore_think_prefix, +hermes, +react and so on.
            """
    )
    var lossScale = LossScale().specification

    @Option(help: "Whether weights other than 0 count as 1; by the loss scale if not given.")
    var isBinaryLossScale: Bool?

    @Option(help: "Leave empty think blocks of hybrid thinking models in the loss.")
    var disableIgnoreEmptyThink = false

    @Option(
        help: ArgumentHelp(
            "Where text is cut for the tokenizer.",
            discussion:
                "segments: wherever the weight changes, as ms-swift does; offsets: only where inference cuts."
        )
    )
    var tokenization = RowEncoder.Options().tokenization

    @Option(help: "How tools are written: hermes, react_en and so on; by the template if not given.")
    var agentTemplate: String?

    @Option(help: "Whether answers think; by the template if not given.")
    var enableThinking: Bool?

    @Option(help: "Whether earlier answers keep their thinking; by the template if not given.")
    var preserveThinking: Bool?

    @Option(help: "Whether hybrid templates mark answers without thinking by an empty think block.")
    var addNonThinkingPrefix = true

    @Option(help: "What is put in front of each generated answer; by the template if not given.")
    var responsePrefix: String?
}
