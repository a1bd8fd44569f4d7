internal import MimoFiles

/// Which template a model's conversations are written with: the one asked for, else the one that the model is
/// known to have, else the checkpoint's own.
public struct TemplateChoice: Sendable, Equatable {
    /// The name of a built-in template, `jinja` for the checkpoint's own, or the path of a `.jinja` file
    /// (`--template`); nil to choose by model.
    public var name: String?
    /// The system prompt of conversations that have none (`--system`); nil for the template's own.
    public var system: String?
    /// How tools are written (`--agent_template`); nil for the template's own. Jinja templates write tools
    /// themselves.
    public var toolFormat: String?
    /// How thinking is treated.
    public var thinking: ThinkingOptions
    /// Whether there is a template at all (`--use_chat_template`): without one, text is text.
    public var usesTemplate: Bool

    /// A choice.
    public init(
        name: String? = nil,
        system: String? = nil,
        toolFormat: String? = nil,
        thinking: ThinkingOptions = ThinkingOptions(),
        usesTemplate: Bool = true
    ) {
        self.name = name
        self.system = system
        self.toolFormat = toolFormat
        self.thinking = thinking
        self.usesTemplate = usesTemplate
    }

    /// The template.
    ///
    /// - Parameters:
    ///   - directory: the checkpoint's folder.
    ///   - model: the model's id where it is known, else its folder's name counts.
    ///   - tokenizer: the checkpoint's tokenizer.
    /// - Returns: a template ready for use.
    /// - Throws: ``ChatTemplateError`` where there is none, ``JinjaError`` where the checkpoint's own cannot be
    ///   read, ``FileError`` where a file cannot be read.
    public func template(directory: String, model: String? = nil, tokenizer: Tokenizer) throws
        -> any ChatTemplate
    {
        guard usesTemplate else {
            let known =
                name ?? RoundTemplate.name(forModel: model ?? directory, modelType: modelType(directory))
            return try RoundTemplate(
                plainTextFor: known,
                tokens: BoundaryTokens(tokenizer),
                system: system,
                options: thinking
            )
        }
        if let name, name != "jinja" {
            if name.utf8Ends(with: ".jinja") { return try jinja(Self.text(of: name), name: name, tokenizer) }
            return try builtIn(name, tokenizer)
        }
        if name == nil {
            let type = modelType(directory)
            if let known = RoundTemplate.name(forModel: model ?? directory, modelType: type) {
                return try builtIn(known, tokenizer)
            }
        }
        guard let own = try Self.ownTemplate(directory: directory, tokenizer: tokenizer) else {
            throw ChatTemplateError.noTemplate(model: model ?? directory)
        }
        return try jinja(own, name: "the chat_template of \(Folder.name(of: directory))", tokenizer)
    }

    private func modelType(_ directory: String) -> String? {
        try? JSON(parsing: Self.text(of: "\(directory)/config.json"))["model_type"]?.stringValue
    }

    private func builtIn(_ name: String, _ tokenizer: Tokenizer) throws -> RoundTemplate {
        try RoundTemplate(
            named: name,
            tokens: BoundaryTokens(tokenizer),
            system: system,
            toolFormat: toolFormat,
            options: thinking
        )
    }

    private func jinja(_ source: String, name: String, _ tokenizer: Tokenizer) throws -> JinjaChatTemplate {
        try JinjaChatTemplate(source, name: name, tokenizer: tokenizer, system: system, options: thinking)
    }

    /// The checkpoint's template: a file of its own, or a member of tokenizer_config.json, where several may
    /// have names.
    private static func ownTemplate(directory: String, tokenizer: Tokenizer) throws -> String? {
        let file = "\(directory)/chat_template.jinja"
        if Folder.exists(file) { return try text(of: file) }
        switch tokenizer.configuration["chat_template"] {
        case .string(let source): return source
        case .array(let named):
            let chosen = named.first { $0["name"]?.stringValue == "default" } ?? named.first
            return chosen?["template"]?.stringValue
        default: return nil
        }
    }

    private static func text(of path: String) throws -> String {
        let blocks = try FileBlocks(path: path)
        var bytes: [UInt8] = []
        while let block = try blocks.nextBlock() { bytes += block }
        return String(decoding: bytes, as: UTF8.self)
    }
}
