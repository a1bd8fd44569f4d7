internal import MimoFiles

extension RoundTemplate {
    /// The names of the templates that are built in.
    public static var names: [String] { TemplateFamily.known.map(\.name) }

    /// A built-in template.
    ///
    /// - Parameters:
    ///   - name: one of ``names``.
    ///   - tokens: the tokens at the ends of a text.
    ///   - system: the system prompt of conversations that have none (`--system`); nil for the template's
    ///     own, empty for none.
    ///   - toolFormat: how tools are written (`--agent_template`); nil for the template's own.
    ///   - options: how thinking is treated.
    /// - Throws: ``ChatTemplateError`` where there is no such template or format, or the template takes no
    ///   system prompt.
    public init(
        named name: String,
        tokens: BoundaryTokens,
        system: String? = nil,
        toolFormat: String? = nil,
        options: ThinkingOptions = ThinkingOptions()
    ) throws {
        guard let family = TemplateFamily.known.first(where: { $0.name == name })?.family else {
            throw ChatTemplateError.unknownTemplate(name, known: Self.names)
        }
        if system != nil, !family.takesSystem { throw ChatTemplateError.systemUnsupported(template: name) }
        self.name = name
        self.family = family
        self.tokens = tokens
        self.options = options
        self.system = system ?? family.system
        self.toolFormat = try (toolFormat ?? family.toolFormat).map(ToolFormats.named)
    }

    /// No template: what a user says stands in front of the answer as it is, and what ends a text behind it. Of a
    /// conversation of several rounds only the last is written, and a system prompt has no place.
    ///
    /// ms-swift's pre-training (`swift pt`) and `--use_chat_template false` write rows so.
    ///
    /// - Parameters:
    ///   - template: The template that the model would have; only texts at which its answers end are taken from it.
    ///   - tokens: The tokens at the ends of a text.
    ///   - system: Refused, unless it is empty.
    ///   - options: Of how thinking is treated, only the prefix that is given counts.
    /// - Throws: ``ChatTemplateError/systemUnsupported(template:)``.
    public init(
        plainTextFor template: String?,
        tokens: BoundaryTokens,
        system: String? = nil,
        options: ThinkingOptions = ThinkingOptions()
    ) throws {
        let known = TemplateFamily.known.first { $0.name == template }?.family
        name = Self.plainTextName
        family = TemplateFamily(prompt: Layout("{{QUERY}}"), separator: nil).with {
            $0.writesBoundaries = true
            $0.isPlainText = true
            $0.stopWords = known?.stopWords ?? []
        }
        guard (system ?? "").isEmpty else { throw ChatTemplateError.systemUnsupported(template: name) }
        self.tokens = tokens
        self.options = options
        self.system = nil
        toolFormat = nil
    }

    /// What messages call it.
    private static let plainTextName = "plain text (--use_chat_template false)"

    /// The built-in template that a model was trained with, or nil where only its own files can tell.
    ///
    /// - Parameters:
    ///   - model: the model's id or folder; its last component counts.
    ///   - modelType: `model_type` of its config.json.
    /// - Returns: one of ``names``, or nil.
    public static func name(forModel model: String, modelType: String?) -> String? {
        let name = Folder.name(of: model).lowercased().replacing("_", with: "-")
        let has: (String) -> Bool = { name.contains($0) }
        if modelType == "mimo" || has("mimo") { return has("0530") ? "mimo_rl" : "qwen" }
        if has("deepseek-r1") { return "deepseek_r1" }
        if has("qwq") { return has("preview") ? "qwq_preview" : "qwq" }
        if modelType == "qwen3" || has("qwen3") {
            if has("thinking") { return "qwen3_thinking" }
            return has("instruct") || has("base") ? "qwen3_nothinking" : "qwen3"
        }
        if has("qwen2.5") || has("qwen2-5") { return has("math") ? "qwen2_5_math" : "qwen2_5" }
        if has("qwen2-") || has("qwen1.5") { return "qwen" }
        if has("llama-3-") || has("llama3-") { return "llama3" }
        if has("llama-2-") || has("llama2-") { return "llama" }
        if has("mistral-nemo") { return "mistral_nemo" }
        if has("phi-3-") { return "phi3" }
        return nil
    }
}
