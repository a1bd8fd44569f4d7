import MimoAdapter
import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoText
import MimoTrain

extension TrainingRun {
    /// The options as the trainer's library takes them.
    ///
    /// - Throws: ``UsageError`` where one is missing or does not go with another.
    func fineTuningOptions() throws -> FineTuningOptions {
        guard !data.dataset.isEmpty || !cache.cachedDataset.isEmpty else {
            throw UsageError("--dataset is missing; expected a file of rows, such as data.jsonl")
        }
        guard model.adapters.count < 2 else {
            throw UsageError("--adapters has \(model.adapters.count) values; training starts from one")
        }
        guard model.model != nil || model.adapters.isEmpty else {
            throw UsageError("--model is missing; expected the model that --adapters was trained on")
        }
        var options = FineTuningOptions(model: try model.model ?? StarterModel.folder())
        options.initialAdapter = model.adapters.first
        options.template = template.settings
        options.data = try data.datasetOptions
        options.data.threads = try data.datasetNumProc ?? compute.threadCount()
        options.cachedDatasets = cache.cachedDataset
        options.tuner = tuning.tunerType
        options.parameters = tuning.parameterSelection
        options.weightType = try tuning.weightType
        options.lora = try tuning.loraConfig
        options.trainer = try training.trainerOptions
        if data.streaming {
            guard let steps = options.trainer.maxSteps else {
                throw UsageError("--streaming needs --max_steps: how many rows there are is not known")
            }
            options.data.streamedSamples = steps * options.trainer.rowsPerStep
        }
        options.trainer.dataSeed = data.dataSeed
        options.trainer.loraDropout = tuning.loraDropout
        options.trainer.loraPlusRatio = tuning.lorapLrRatio
        options.trainer.mtpLossWeight = tuning.mtpLossWeight
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
        settings.usesTemplate = useChatTemplate ?? true
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
    /// Which parameters full tuning trains.
    var parameterSelection: ParameterSelection {
        var selection = ParameterSelection()
        selection.frozenRatio = freezeParametersRatio
        selection.frozen = freezeParameters
        selection.frozenPattern = freezeParametersRegex
        selection.trainable = trainableParameters
        selection.trainablePattern = trainableParametersRegex
        return selection
    }

    /// The type of the weights that full tuning writes.
    var weightType: ElementType? {
        get throws {
            guard let torchDtype, torchDtype != "auto" else { return nil }
            guard let type = ElementType(name: torchDtype) else {
                throw UsageError("--torch_dtype is \(torchDtype); expected float32, bfloat16 or float16")
            }
            return type
        }
    }

    /// The options as the library takes them.
    var loraConfig: LoRAConfig {
        get throws {
            var config = LoRAConfig(rank: loraRank, alpha: loraAlpha, dropout: loraDropout)
            config.usesRSLoRA = useRslora
            config.usesDoRA = useDora
            guard let initial = InitialWeights(initLoraWeights) else {
                throw UsageError(
                    "--init_lora_weights is \(initLoraWeights); "
                        + "expected true, false, gaussian, pissa or pissa_niter_N, such as pissa_niter_4"
                )
            }
            config.initialWeights = initial
            config.savedModules = modulesToSave.map {
                ["all-embedding": "embed_tokens", "all-norm": "norm"][$0] ?? $0
            }
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
        get throws {
            var options = TrainerOptions()
            options.learningRate = learningRate
            options.schedule = lrSchedulerType
            options.scheduleShape = try ScheduleShape(
                JSONOption.members(lrSchedulerKwargs, of: "lr_scheduler_kwargs"),
                for: lrSchedulerType
            )
            options.optimizer = optim
            try setOptimizer(&options)
            options.labelSmoothing = labelSmoothingFactor
            options.neftuneAlpha = neftuneNoiseAlpha
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

    /// Reads `--optim_args`, a list of `name=value`.
    private func setOptimizer(_ options: inout TrainerOptions) throws {
        for part in (optimArgs ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            switch (sides.first ?? "", sides.last.flatMap { Double($0) }, optim) {
            case ("momentum", .some(let momentum), .sgd): options.sgdMomentum = momentum
            case ("nesterov", _, .sgd): options.usesNesterov = sides.last?.lowercased() == "true"
            default:
                throw UsageError(
                    "--optim_args: \(part) is nothing that --optim \(optim.rawValue) takes; "
                        + "sgd takes momentum=0.9,nesterov=true, AdamW has options of its own"
                )
            }
        }
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
