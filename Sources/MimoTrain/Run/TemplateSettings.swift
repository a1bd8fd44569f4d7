public import MimoData
import MimoFiles
public import MimoModel
public import MimoText

/// How a run's conversations become tokens: the template, the loss scale and the limits.
public struct TemplateSettings: Sendable, Equatable {
    /// The template's name (`--template`); nil: the model's.
    public var name: String?
    /// Whether there is a template at all (`--use_chat_template`); without one, rows are plain text.
    public var usesTemplate = true
    /// The system prompt of conversations that have none, or a `.txt` file of it (`--system`).
    public var system: String?
    /// How tools are written (`--agent_template`); nil: the template's way.
    public var toolFormat: String?
    /// How thinking is treated.
    public var thinking = ThinkingOptions()
    /// What counts in the loss (`--loss_scale`).
    public var lossScale = LossScale().specification
    /// Whether empty think blocks of hybrid templates stay in the loss (`--disable_ignore_empty_think`).
    public var countsEmptyThink = false
    /// How rows are encoded; without a limit of their length, the model's.
    public var encoding = RowEncoder.Options()

    /// The defaults: what is trained on is what inference meets. Text is cut only where inference cuts it, and
    /// control tokens come from the template alone.
    public init() {
        encoding.tokenization = .offsets
        encoding.parsesSpecialInContent = false
    }

    /// What makes samples of rows for a model: without a tokenizer, only rows that are tokenized already.
    ///
    /// - Parameters:
    ///   - directory: The model's folder; its weights need not be there.
    ///   - config: The model's shape.
    ///   - model: The model's id or folder as the user named it, by which a template is chosen.
    /// - Returns: The encoder.
    /// - Throws: Where an option is wrong or a file of the tokenizer damaged.
    public func encoding(
        in directory: String,
        _ config: ModelConfig,
        named model: String
    ) throws -> any RowEncoding {
        let scale = try LossScale(lossScale)
        if let name, name != "jinja", !name.hasSuffix(".jinja"), !RoundTemplate.names.contains(name) {
            throw ChatTemplateError.unknownTemplate(name, known: RoundTemplate.names)
        }
        if let absence = Tokenizer.absence(in: directory) {
            return tokenizedRows(config, "only rows with \"input_ids\" can be read: \(absence)")
        }
        let tokenizer = try Tokenizer(directory: directory)
        do {
            return try encoder(in: directory, config, named: model, tokenizer: tokenizer, lossScale: scale)
        } catch let error as ChatTemplateError {
            guard case .noTemplate = error else { throw error }
            return tokenizedRows(config, error.description)
        }
    }

    /// What makes samples of conversations, and prompts.
    ///
    /// - Parameters:
    ///   - checkpoint: The model.
    ///   - model: The model's id or folder as the user named it.
    ///   - tokenizer: The model's tokenizer.
    /// - Returns: The encoder.
    /// - Throws: Where no template is known for the model, or an option is wrong.
    public func encoder(
        for checkpoint: Checkpoint,
        named model: String,
        tokenizer: Tokenizer
    ) throws -> RowEncoder {
        try encoder(
            in: checkpoint.directory,
            checkpoint.config,
            named: model,
            tokenizer: tokenizer,
            lossScale: LossScale(lossScale)
        )
    }

    /// The name of the template that a model gets; nil where none is known.
    public func resolvedName(for config: ModelConfig, named model: String) -> String? {
        name ?? RoundTemplate.name(forModel: model, modelType: config.architecture.rawValue)
    }

    private func encoder(
        in directory: String,
        _ config: ModelConfig,
        named model: String,
        tokenizer: Tokenizer,
        lossScale: LossScale
    ) throws -> RowEncoder {
        let choice = TemplateChoice(
            name: name,
            system: try systemText(),
            toolFormat: toolFormat,
            thinking: thinking,
            usesTemplate: usesTemplate
        )
        let template = try choice.template(directory: directory, model: model, tokenizer: tokenizer)
        return try RowEncoder(
            tokenizer: tokenizer,
            template: template,
            lossScale: countsEmptyThink ? lossScale : lossScale.completed(for: template),
            options: limited(by: config),
            vocabularySize: config.vocabularySize
        )
    }

    private func tokenizedRows(_ config: ModelConfig, _ refusal: String) -> TokenizedRowEncoder {
        TokenizedRowEncoder(
            vocabularySize: config.vocabularySize,
            options: limited(by: config),
            refusal: refusal
        )
    }

    private func limited(by config: ModelConfig) -> RowEncoder.Options {
        var options = encoding
        options.maxLength = options.maxLength ?? config.maxPositions
        return options
    }

    /// The system prompt, read from its file where it names one.
    private func systemText() throws -> String? {
        guard let system, system.hasSuffix(".txt"), Folder.exists(system) else { return system }
        let reader = try LineReader(path: system)
        var lines: [String] = []
        while let line = try reader.next() {
            guard let text = String(validating: line.bytes, as: UTF8.self) else {
                throw FileError.damaged(path: system, reason: "line \(line.number) is not UTF-8")
            }
            lines.append(text)
        }
        return lines.joined(separator: "\n")
    }
}
