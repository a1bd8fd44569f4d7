/// The fixed parts of a round template.
struct TemplateFamily: Sendable {
    var opening: Layout
    /// The opening of conversations with a system prompt; nil where the template has no place for one there.
    var systemOpening: Layout?
    var prompt: Layout
    /// Nil where the template knows only one round.
    var separator: Layout?
    var suffix: Layout
    /// The system prompt of conversations that have none.
    var system: String?
    /// Whether what the tokenizer adds to every text is written at the ends too.
    var writesBoundaries = false
    var stopWords: [String] = []
    /// Whether there are no turns but text as it is.
    var isPlainText = false
    var toolFormat: String?
    /// Whether answers think, so that a history may have to lose its thinking.
    var isThinking = false
    /// What opens the thinking of an answer to be generated.
    var thinkingPrefix = ""
    /// What marks an answer without thinking, where the model can do both.
    var nonThinkingPrefix = ""

    init(
        opening: Layout = .nothing,
        systemOpening: Layout? = nil,
        prompt: Layout,
        separator: Layout?,
        suffix: Layout = Layout([.end]),
        system: String? = nil
    ) {
        // An opening with a hole for the system prompt serves both kinds of conversation.
        self.opening = opening.mentionsSystem ? opening.emptyingSystem : opening
        self.systemOpening = opening.mentionsSystem ? opening : systemOpening
        self.prompt = prompt
        self.separator = separator
        self.suffix = suffix
        self.system = system
    }

    /// Whether the template takes a system prompt.
    var takesSystem: Bool { systemOpening != nil || prompt.mentionsSystem }

    /// The family with something changed.
    func with(_ change: (inout TemplateFamily) -> Void) -> TemplateFamily {
        var copy = self
        change(&copy)
        return copy
    }
}
