import ArgumentParser
import MimoData
import MimoTrain

/// How rows become tokens.
struct TemplateOptions: ParsableArguments {
    @Option(
        help: .taking(
            "name",
            "How conversations are written: qwen, mimo_rl, qwen3, chatml and so on; by the model if not given."
        )
    )
    var template: String?

    @Option(
        help: .taking(
            "bool",
            """
            Whether conversations are written with a template: without one the text of a row stands as it is, ended by the \
            model's end token. If not given, as the adapter was trained, else true.
            """
        )
    )
    var useChatTemplate: Bool?

    @Option(
        help: .taking(
            "text",
            "The system prompt of conversations that have none, or a .txt file of it; '' for none."
        )
    )
    var system: String?

    @Option(help: .taking("n", "The longest row in tokens; the model's own limit if not given."))
    var maxLength: Int?

    @Option(help: .taking("how", "What becomes of longer rows."))
    var truncationStrategy = TemplateSettings().encoding.truncation

    @Option(
        help: .taking(
            "scale",
            """
            What counts in the loss: default, last_round or all, then +ignore_empty_think, \
            +ignore_think_prefix, +hermes, +react and so on.
            """
        )
    )
    var lossScale = TemplateSettings().lossScale

    @Option(help: .taking("bool", "Whether weights other than 0 count as 1; by the loss scale if not given."))
    var isBinaryLossScale: Bool?

    @Option(help: .taking("bool", "Leave empty think blocks of hybrid thinking models in the loss."))
    var disableIgnoreEmptyThink = false

    @Option(
        help: .taking(
            "how",
            "Where text is cut for the tokenizer: only where inference cuts, or wherever weights change, as ms-swift does."
        )
    )
    var tokenization = TemplateSettings().encoding.tokenization

    @Option(
        help: .taking(
            "bool",
            "Whether control tokens spelled out in a row's own words become control tokens, as in ms-swift."
        )
    )
    var parseSpecialInContent = TemplateSettings().encoding.parsesSpecialInContent

    @Option(
        help: .taking(
            "name",
            "How tools are written: hermes, react_en and so on; by the template if not given."
        )
    )
    var agentTemplate: String?

    @Option(help: .taking("bool", "Whether answers think; by the template if not given."))
    var enableThinking: Bool?

    @Option(
        help: .taking("bool", "Whether earlier answers keep their thinking; by the template if not given.")
    )
    var preserveThinking: Bool?

    @Option(
        help: .taking(
            "bool",
            "Whether hybrid templates mark answers without thinking by an empty think block."
        )
    )
    var addNonThinkingPrefix = true

    @Option(
        help: .taking("text", "What is put in front of each generated answer; by the template if not given.")
    )
    var responsePrefix: String?
}
