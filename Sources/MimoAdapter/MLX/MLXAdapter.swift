import MimoFiles
import MimoModel
import MimoNumerics

/// An adapter as mlx-lm keeps it: `adapters.safetensors`, and the options of its training in `adapter_config.json`.
///
/// Facts from mlx-lm's `tuner/utils.py`, `tuner/lora.py` and `tuner/dora.py`: each update is stored transposed, as
/// `model.layers.3.self_attn.q_proj.lora_a` `[in, r]` and `.lora_b` `[r, out]`, with DoRA's magnitudes as `.m`; `scale`
/// is what the update is multiplied with, so alpha/r; the last `num_layers` blocks are adapted, all where that is not
/// above 0; without `keys` the model's kind says which of their layers, and so does the file.
struct MLXAdapter {
    static let weightsName = "adapters.safetensors"
    private let folder: ModelFolder
    private let rank: Int
    private let scale: Double
    private let dropout: Double
    /// How many of the last blocks are adapted; nil for all.
    private let lastLayers: Int?
    /// The adapted layers of a block, as paths within it; nil where the file alone tells.
    private let keys: [String]?
    private let usesDoRA: Bool
    /// The base model's name or path.
    let baseModel: String?

    /// Reads the description of an adapter; nil where the folder holds none of mlx-lm's.
    ///
    /// - Throws: ``MimoModel/ModelError`` where it is malformed, or asks for what is not implemented.
    init?(_ folder: ModelFolder) throws {
        guard folder.contains(LoRAConfig.fileName),
            let members = try folder.json(named: LoRAConfig.fileName).objectValue,
            members["peft_type"] == nil, members["lora_parameters"] != nil || members["fine_tune_type"] != nil
        else { return nil }
        self.folder = folder
        let fields = ConfigFields(path: folder.path(of: LoRAConfig.fileName), members: members)
        let kind = try fields.string("fine_tune_type") ?? "lora"
        guard ["lora", "dora"].contains(kind) else {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "\"fine_tune_type\": \"\(kind)\"",
                advice: "fuse it into its base with mlx_lm.fuse"
            )
        }
        usesDoRA = kind == "dora"
        // Before version 0.19 it had another name.
        let layerField = fields["num_layers"] == nil ? "lora_layers" : "num_layers"
        guard let layers = fields[layerField]?.intValue else {
            throw fields.invalid(layerField, fields[layerField]?.text() ?? "missing", "a whole number")
        }
        lastLayers = layers > 0 ? layers : nil
        baseModel = try fields.string("model")
        guard let parameters = try fields.object("lora_parameters") else {
            throw fields.invalid("lora_parameters", "missing", "an object with rank and scale")
        }
        rank = try parameters.count("rank")
        guard let scale = parameters["scale"]?.doubleValue else {
            throw parameters.invalid("scale", parameters["scale"]?.text() ?? "missing", "a number")
        }
        self.scale = scale
        dropout = try parameters.number("dropout", default: 0)
        keys = try parameters["keys"].map { try parameters.strings($0, "keys") }
    }

    /// The adapter in the form that all others have here.
    ///
    /// - Parameter model: the shape of the base model that it is to change.
    /// - Returns: the adapter, with matrices as PEFT has them.
    /// - Throws: as ``Adapter/init(directory:for:)``.
    func adapter(for model: ModelConfig) throws -> Adapter {
        guard folder.contains(Self.weightsName) else {
            throw ModelError.unreadable(path: folder.path, reason: "holds no \(Self.weightsName)")
        }
        let file = try SafetensorsFile(path: folder.file(named: Self.weightsName))
        var config = LoRAConfig(
            rank: rank,
            alpha: scale * Double(rank),
            dropout: dropout,
            targets: .names(keys ?? Self.keys(of: file)),
            layers: lastLayers.map { Array(max(0, model.layerCount - $0)..<model.layerCount) },
            baseModel: baseModel
        )
        config.usesDoRA = usesDoRA
        let modules = try config.modules(of: model)
        let suffixes = ["lora_a", "lora_b"] + (usesDoRA ? ["m"] : [])
        let known = Set(modules.flatMap { module in suffixes.map { "\(module.path).\($0)" } })
        if let extra = file.tensors.first(where: { !known.contains($0.name) }) {
            throw AdapterError.unexpectedTensor(path: file.path, tensor: extra.name)
        }
        let weights = try modules.map { module in
            let (path, outputs) = (module.path, module.linear.outputSize(in: model))
            return LoRAWeights(
                module: module,
                a: LoRAWeights.transposed(
                    try file.matrix("\(path).lora_a", module.shapeOfA(in: model).reversed(), rankAxis: 1)
                ),
                b: LoRAWeights.transposed(
                    try file.matrix("\(path).lora_b", module.shapeOfB(in: model).reversed(), rankAxis: 0)
                ),
                magnitude: usesDoRA ? try file.parameter("\(path).m", [outputs]) : nil
            )
        }
        return Adapter(config: config, modules: weights)
    }

    /// The layers of a block that a file has updates of: `self_attn.q_proj` of `model.layers.3.self_attn.q_proj.lora_a`.
    private static func keys(of file: SafetensorsFile) -> [String] {
        Set(
            file.tensors.compactMap { tensor in
                let parts = tensor.name.split(separator: ".")
                guard parts.last == "lora_a", parts.count > 4, parts[1] == "layers" else { return nil }
                return parts[3..<parts.count - 1].joined(separator: ".")
            }
        ).sorted()
    }
}
