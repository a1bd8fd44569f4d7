import MimoAdapter
import MimoData
import MimoFiles
import MimoInfer
import MimoModel
import MimoText
import MimoTrain

/// What a chat and a batch have in common: the model with its adapters, and how questions become prompts.
struct InferenceRun {
    /// The base model.
    let checkpoint: Checkpoint
    /// The options of the adapter's training, where its folder tells them.
    let arguments: RunArguments?
    /// The models to choose from: one for each adapter, or the base alone. All share the base's weights.
    let models: [(name: String, decoder: Decoder)]
    /// The adapters' folders.
    let adapters: [String]
    /// The base's tokenizer; nil where it has none.
    let tokenizer: Tokenizer?
    /// How answers are generated.
    let options: GenerationOptions
    /// Why there is no template; nil where there is one.
    let withoutTemplate: String?
    private let encoder: RowEncoder?
    private let stopRules: StopRules

    /// Loads what the options name.
    ///
    /// - Throws: ``UsageError``, or an error of the room that refuses something.
    init(
        model: ModelOptions,
        template given: TemplateSettings,
        usesChatTemplate: Bool?,
        generation: GenerationFlags
    ) throws {
        let folders = model.adapters.map { InferenceRun.AdapterName($0) }
        let name =
            try folders.first?.folder ?? model.model.map { RunFolder.result(in: $0) } ?? StarterModel.folder()
        // A model that was trained whole has its run's options in its own folder.
        let arguments =
            try folders.first.map { try RunArguments(besideAdapter: $0.folder) }
            ?? (Folder.exists("\(name)/\(RunArguments.fileName)")
                ? RunArguments(path: "\(name)/\(RunArguments.fileName)") : nil)
        for adapter in folders { try CheckpointManifest.checkWeights(of: adapter.folder) }
        if folders.isEmpty, arguments != nil { try CheckpointManifest.checkWeights(of: name) }
        let base =
            try folders.first.map { try ModelLocator().base(ofAdapter: $0.folder, named: model.model) }
            ?? ModelLocator().directory(for: name)
        let checkpoint = try Checkpoint(directory: base)
        guard !generation.mtpDrafts || checkpoint.mtpLayerCount > 0 else {
            throw UsageError(
                "--mtp_drafts: \(base) has no layer for multi-token prediction that could draft; leave the option out"
            )
        }
        let decoder = try Decoder(checkpoint, withPrediction: generation.mtpDrafts)
        self.checkpoint = checkpoint
        self.arguments = arguments
        adapters = folders.map(\.folder)
        models =
            folders.isEmpty
            ? [("base", decoder)]
            : try folders.map {
                ($0.name, try decoder.with(Adapter(directory: $0.folder, for: checkpoint.config)))
            }
        let hasTokenizer = Folder.exists("\(checkpoint.directory)/tokenizer.json")
        tokenizer = hasTokenizer ? try Tokenizer(directory: checkpoint.directory) : nil
        options = try generation.options(GenerationDefaults(directory: checkpoint.directory))
        if !options.stopWords.isEmpty, tokenizer == nil { throw InferError.noTokenizer(checkpoint.directory) }

        var reason: String?
        var encoder: RowEncoder?
        if let tokenizer {
            if usesChatTemplate ?? arguments?.fields["use_chat_template"]?.boolValue ?? true {
                do {
                    encoder = try given.completed(by: arguments).encoder(
                        for: checkpoint,
                        named: model.model ?? arguments?.text("model") ?? checkpoint.directory,
                        tokenizer: tokenizer
                    )
                } catch let error as ChatTemplateError {
                    guard case .noTemplate = error else { throw error }
                    reason = error.description
                }
            } else {
                reason = "--use_chat_template is false"
            }
        } else {
            reason = InferError.noTokenizer(checkpoint.directory).description
        }
        withoutTemplate = reason
        self.encoder = encoder
        stopRules = StopRules(config: checkpoint.config, tokenizer: tokenizer, template: encoder?.template)
    }

    /// A generator for one of the models, which drafts where the layer for it came along.
    func generator(_ decoder: Decoder, maxBatchSize: Int) -> Generator {
        Generator(
            decoder,
            tokenizer: tokenizer,
            stopRules: stopRules,
            maxBatchSize: maxBatchSize,
            drafts: decoder.prediction != nil
        )
    }

    /// What the model is asked to answer a conversation. Without a template it goes on with the last message's
    /// text as it is.
    ///
    /// - Throws: Where the conversation does not fit the template, or there is no tokenizer.
    func request(_ conversation: Conversation, stream: UInt64 = 0) throws -> GenerationRequest {
        guard let tokenizer else { throw InferError.noTokenizer(checkpoint.directory) }
        if let encoder { return try encoder.request(for: conversation, options: options, stream: stream) }
        let text = conversation.messages.last?.content ?? ""
        return GenerationRequest(
            prompt: BoundaryTokens(tokenizer).leading + tokenizer.encode(text),
            options: options,
            stream: stream
        )
    }

    /// What the model is asked to answer a row.
    ///
    /// - Throws: Where the row does not fit the template, or its ids are no ids.
    func request(_ row: InferenceRow) throws -> GenerationRequest {
        guard row.fields["messages"] == nil, let ids = row.fields["input_ids"]?.arrayValue else {
            return try request(Conversation(row: .object(row.fields)))
        }
        let prompt = try ids.enumerated().map { place, id in
            guard let number = id.intValue, let id = Int32(exactly: number) else {
                throw DataError.badTokenizedRow(
                    "\"input_ids\"[\(place)] is \(id.text()); expected an integer"
                )
            }
            return id
        }
        return GenerationRequest(prompt: prompt, options: options)
    }

    /// An adapter as it is named on the command line: a folder, or `name=folder`.
    struct AdapterName {
        let name: String
        let folder: String

        init(_ text: String) {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let isNamed = parts.count == 2 && !Folder.exists(text)
            var path = isNamed ? parts[1] : text
            while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
            path = RunFolder.result(in: path)
            folder = path
            name = isNamed ? parts[0] : Folder.name(of: path)
        }
    }
}

extension Decoder {
    /// This model with an adapter, which is only used; the base's weights are shared.
    fileprivate func with(_ adapter: Adapter) -> Decoder {
        var decoder = self
        adapter.attach(to: &decoder, isTrained: false)
        return decoder
    }
}

extension TemplateSettings {
    /// The settings with those of the adapter's training for what is not given, as ms-swift completes them.
    fileprivate func completed(by arguments: RunArguments?) -> TemplateSettings {
        var settings = self
        settings.name = name ?? arguments?.text("template")
        settings.system = system ?? arguments?.text("system")
        settings.toolFormat = toolFormat ?? arguments?.text("agent_template")
        settings.thinking.responsePrefix =
            thinking.responsePrefix ?? arguments?.text("response_prefix")
        return settings
    }
}
