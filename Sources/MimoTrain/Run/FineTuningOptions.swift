public import MimoAdapter
public import MimoData
public import MimoNumerics

/// What a run of fine-tuning is made of.
public struct FineTuningOptions: Sendable, Equatable {
    /// The base model: a folder, or the id of one in a cache (`--model`).
    public var model: String
    /// An adapter's folder whose values are the first ones (`--adapters`); nil: random ones.
    public var initialAdapter: String?
    /// How rows become tokens.
    public var template = TemplateSettings()
    /// Which rows.
    public var data = DatasetOptions()
    /// Folders of rows that were tokenized before, in place of items of ``data`` (`--cached_dataset`).
    public var cachedDatasets: [String] = []
    /// What is trained (`--tuner_type`).
    public var tuner = Tuner.lora
    /// Which parameters full tuning trains.
    public var parameters = ParameterSelection()
    /// The type of the weights that full tuning writes (`--torch_dtype`); nil: the base's.
    public var weightType: ElementType?
    /// What is adapted and how; an initial adapter's own description takes its place.
    public var lora = LoRAConfig()
    /// How the training goes.
    public var trainer = TrainerOptions()
    /// Whether and how it is watched that the model goes on thinking.
    public var retention = RetentionOptions()
    /// Folder of the runs (`--output_dir`); nil: `output/<model name>`.
    public var outputDirectory: String?
    /// Whether the run gets a folder of its own in it (`--add_version`).
    public var addsVersion = true
    /// Where the run goes on from.
    public var resume = Resume.no
    /// Whether only the adapter is taken from there (`--resume_only_model`).
    public var resumesOnlyModel = false
    /// The options by name, to be kept in `args.json`; those that the set-up settles are put in their places.
    public var arguments = RunArguments()

    /// What a run trains (`--tuner_type`).
    public enum Tuner: String, Sendable, CaseIterable {
        /// An adapter beside the frozen base.
        case lora
        /// The model's own weights.
        case full
    }

    /// Where a run goes on from (`--resume_from_checkpoint`).
    public enum Resume: Sendable, Equatable {
        /// It begins at step 0.
        case no
        /// The newest whole checkpoint of the newest run in the output folder.
        case newest
        /// This checkpoint.
        case checkpoint(String)
    }

    /// A run on a model, by the defaults.
    public init(model: String) {
        self.model = model
    }
}
