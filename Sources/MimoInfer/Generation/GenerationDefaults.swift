internal import MimoFiles

/// How a model wants its tokens chosen, by its generation_config.json.
public struct GenerationDefaults: Sendable, Equatable {
    /// Whether tokens are drawn; otherwise the most likely one is taken.
    public var isSampled = false
    /// What the file says; nil where it does not.
    public var settings = SamplingSettings()

    /// What holds where there is no file.
    public init() {}

    /// Reads `generation_config.json` of a model's folder, if it is there.
    ///
    /// - Throws: ``InferError/badGenerationConfig(path:reason:)``, or `FileError` where it cannot be read.
    public init(directory: String) throws {
        let path = "\(directory)/generation_config.json"
        guard Folder.exists(path) else { return }
        let reader = try LineReader(path: path)
        var bytes: [UInt8] = []
        while let line = try reader.next() { bytes += line.bytes + [0x0a] }
        let fields: JSON
        do {
            fields = try JSON(parsing: bytes)
        } catch let error as JSONError {
            throw InferError.badGenerationConfig(path: path, reason: error.description)
        }
        func number(_ name: String) throws -> Float? {
            guard let value = fields[name], !value.isNull else { return nil }
            guard let number = value.doubleValue else {
                throw InferError.badGenerationConfig(
                    path: path,
                    reason: "\"\(name)\" is \(value.kind); expected a number"
                )
            }
            return Float(number)
        }
        isSampled = fields["do_sample"]?.boolValue ?? false
        settings.temperature = try number("temperature")
        settings.topK = try number("top_k").map { Int($0.rounded()) }
        settings.topP = try number("top_p")
        settings.minP = try number("min_p")
        settings.repetitionPenalty = try number("repetition_penalty")
    }
}

/// Settings of which some are given and the others left to the model.
public struct SamplingSettings: Sendable, Codable, Equatable {
    /// What the logits are divided by; 0 is greedy.
    public var temperature: Float?
    /// How many of the best tokens are kept; 0 keeps all.
    public var topK: Int?
    /// The probability that the best tokens kept sum to.
    public var topP: Float?
    /// The share of the best token's probability below which tokens are dropped.
    public var minP: Float?
    /// What makes tokens that have occurred less likely.
    public var repetitionPenalty: Float?

    /// Nothing given.
    public init() {}

    /// The settings with the model's for what is not given, and Hugging Face's for what the model leaves open.
    ///
    /// A model that does not ask for sampling is decoded greedily unless a temperature is given, as in
    /// ms-swift.
    ///
    /// - Parameters:
    ///   - model: What the model wants.
    ///   - seed: Names the random numbers.
    /// - Returns: Options that leave nothing open; not yet checked.
    public func completed(by model: GenerationDefaults, seed: UInt64) -> SamplingOptions {
        let standard = SamplingOptions()
        let isGreedy = temperature == 0 || (temperature == nil && !model.isSampled)
        return SamplingOptions(
            temperature: isGreedy
                ? 0 : temperature ?? model.settings.temperature ?? standard.temperature,
            topK: topK ?? model.settings.topK ?? standard.topK,
            topP: topP ?? model.settings.topP ?? standard.topP,
            minP: minP ?? model.settings.minP ?? standard.minP,
            repetitionPenalty: repetitionPenalty ?? model.settings.repetitionPenalty
                ?? standard.repetitionPenalty,
            seed: seed
        )
    }
}
