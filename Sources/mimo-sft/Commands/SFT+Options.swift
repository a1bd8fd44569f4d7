import MimoAdapter
import MimoData
import MimoFiles
import MimoText
import MimoTrain

extension SFT {
    /// The options as the trainer's library takes them.
    ///
    /// - Throws: ``UsageError`` where one is missing or does not go with another.
    func fineTuningOptions() throws -> FineTuningOptions {
        guard let name = model.model else {
            throw UsageError(
                "--model is missing; expected a model's folder or the id of one in a cache (see mimo-sft --help)"
            )
        }
        guard !data.dataset.isEmpty || !cache.cachedDataset.isEmpty else {
            throw UsageError("--dataset is missing; expected a file of rows, such as data.jsonl")
        }
        guard model.adapters.count < 2 else {
            throw UsageError("--adapters has \(model.adapters.count) values; training starts from one")
        }
        var options = FineTuningOptions(model: name)
        options.initialAdapter = model.adapters.first
        options.template = template.settings
        options.data = try data.datasetOptions
        options.data.threads = try data.datasetNumProc ?? compute.threadCount()
        options.cachedDatasets = cache.cachedDataset
        options.lora = try tuning.loraConfig
        options.trainer = training.trainerOptions
        options.trainer.dataSeed = data.dataSeed
        options.trainer.loraDropout = tuning.loraDropout
        output.fill(&options)
        evaluation.fill(&options, following: output)
        options.arguments = RunArguments(optionFields)
        return options
    }
}

extension TemplateOptions {
    /// The settings as the library takes them.
    var settings: TemplateSettings {
        var settings = TemplateSettings()
        settings.name = template
        settings.system = system
        settings.toolFormat = agentTemplate
        settings.thinking = ThinkingOptions(
            isEnabled: enableThinking,
            preservesHistory: preserveThinking,
            responsePrefix: responsePrefix,
            marksNonThinking: addNonThinkingPrefix
        )
        settings.lossScale = lossScale
        settings.countsEmptyThink = disableIgnoreEmptyThink
        settings.encoding.maxLength = maxLength
        settings.encoding.truncation = truncationStrategy
        settings.encoding.isBinaryLossScale = isBinaryLossScale
        settings.encoding.tokenization = tokenization
        settings.encoding.parsesSpecialInContent = parseSpecialInContent
        return settings
    }
}

extension DataOptions {
    /// The options as the library takes them.
    var datasetOptions: DatasetOptions {
        get throws {
            var options = DatasetOptions()
            options.items = dataset
            options.validationItems = valDataset
            options.splitRatio = splitDatasetRatio
            options.interleaveProbabilities = interleaveProb.isEmpty ? nil : interleaveProb
            options.stopping = stoppingStrategy
            options.shuffles = datasetShuffle
            options.shufflesValidation = valDatasetShuffle
            options.seed = dataSeed
            options.isStrict = strict
            options.modelName = modelName
            options.modelAuthor = modelAuthor
            for (column, target) in try JSONOption.members(columns, of: "columns") {
                guard let target = target.stringValue else {
                    throw UsageError(
                        "--columns: \"\(column)\" is \(target.kind); expected the name of a column"
                    )
                }
                options.columns[column] = target
            }
            return options
        }
    }
}

extension TuningOptions {
    /// The options as the library takes them.
    var loraConfig: LoRAConfig {
        get throws {
            var config = LoRAConfig(rank: loraRank, alpha: loraAlpha, dropout: loraDropout)
            config.usesRSLoRA = useRslora
            config.targets = targets
            config.rankPattern = try JSONOption.members(rankPattern, of: "rank_pattern").map {
                pattern,
                value in
                guard let rank = value.intValue else {
                    throw UsageError(
                        "--rank_pattern: \"\(pattern)\" is \(value.text()); expected a whole number"
                    )
                }
                return .init(pattern, rank)
            }
            config.alphaPattern = try JSONOption.members(alphaPattern, of: "alpha_pattern").map {
                pattern,
                value in
                guard let alpha = value.doubleValue else {
                    throw UsageError("--alpha_pattern: \"\(pattern)\" is \(value.text()); expected a number")
                }
                return .init(pattern, alpha)
            }
            return config
        }
    }

    private var targets: TargetModules {
        if let targetRegex { return .pattern(targetRegex) }
        return targetModules.count == 1 ? TargetModules(targetModules[0]) : .names(targetModules)
    }
}

extension TrainingOptions {
    /// The options as the library takes them.
    var trainerOptions: TrainerOptions {
        var options = TrainerOptions()
        options.learningRate = learningRate
        options.schedule = lrSchedulerType
        options.warmupRatio = warmupRatio
        options.warmupSteps = warmupSteps
        options.epochs = numTrainEpochs
        // -1 is transformers' way of leaving it to the epochs.
        options.maxSteps = maxSteps == -1 ? nil : maxSteps
        options.batchSize = perDeviceTrainBatchSize
        options.gradientAccumulationSteps = gradientAccumulationSteps
        options.shufflesRows = trainDataloaderShuffle
        options.weightDecay = weightDecay
        options.adamBeta1 = adamBeta1
        options.adamBeta2 = adamBeta2
        options.adamEpsilon = adamEpsilon
        options.maxGradNorm = maxGradNorm
        options.seed = seed
        options.packTokens = packingLength
        options.memoryLimit = memoryLimit?.bytes
        options.recomputedBlocks = recomputedBlocks
        return options
    }
}

extension OutputOptions {
    /// Puts the options in their places.
    func fill(_ options: inout FineTuningOptions) {
        options.outputDirectory = outputDir
        options.addsVersion = addVersion
        options.trainer.loggingSteps = loggingSteps
        options.trainer.saveSteps = saveStrategy == .steps ? saveSteps : nil
        options.trainer.savesEpochs = saveStrategy == .epoch
        options.trainer.saveTotalLimit = saveTotalLimit
        options.resumesOnlyModel = resumeOnlyModel
        switch resumeFromCheckpoint?.lowercased() {
        case nil, "false": options.resume = .no
        case "true", "auto": options.resume = .newest
        default: options.resume = resumeFromCheckpoint.map { .checkpoint($0) } ?? .no
        }
    }
}

/// Options whose value is a JSON object.
enum JSONOption {
    /// The members of the object; none where the option is not given.
    ///
    /// - Throws: ``UsageError`` where the text is something else.
    static func members(_ text: String?, of option: String) throws -> [(key: String, value: JSON)] {
        guard let text else { return [] }
        guard let members = try? JSON(parsing: text).objectValue else {
            throw UsageError("--\(option) is \(text); expected a JSON object")
        }
        return Array(members)
    }
}
