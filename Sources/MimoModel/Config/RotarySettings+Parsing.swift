#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import MimoFiles

extension RotarySettings {
    /// Reads `rope_theta`, `rope_scaling` and the newer `rope_parameters`, in transformers' order of precedence
    /// (modeling_rope_utils.py, `convert_rope_params_to_dict`).
    init(_ fields: ConfigFields, maxPositions: Int) throws {
        let scaling = try fields.object("rope_scaling")
        let rope = try scaling ?? fields.object("rope_parameters")
        let outerTheta = try fields.positive("rope_theta", default: 10_000)
        theta = try rope?.positive("rope_theta", default: outerTheta) ?? outerTheta
        self.scaling = .none

        guard theta > 1 else { throw fields.invalid("rope_theta", "\(theta)", "a number above 1") }
        let partial = try rope?.positive("partial_rotary_factor", default: 1) ?? 1
        let outerPartial = try fields.positive("partial_rotary_factor", default: 1)
        guard partial == 1, outerPartial == 1 else {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "\"partial_rotary_factor\" other than 1",
                advice: "use a model that turns whole heads"
            )
        }
        guard let rope else { return }
        let nested = rope.members.first { $0.value.objectValue != nil }
        let type = try rope.string("rope_type") ?? rope.string("type") ?? "default"
        // Models with layers of different kinds give one set of parameters for each kind.
        guard nested == nil else {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "\"\(rope.prefix)\(nested?.key ?? "")\": rotary parameters by kind of layer",
                advice: "use a model whose layers are all alike"
            )
        }
        let original = try fields.count(
            "original_max_position_embeddings",
            default: rope.count("original_max_position_embeddings", default: maxPositions)
        )
        switch type {
        case "default":
            break
        case "linear":
            self.scaling = .linear(factor: try rope.positive("factor"))
        case "llama3":
            let low = try rope.positive("low_freq_factor")
            let high = try rope.positive("high_freq_factor")
            guard high > low else {
                throw rope.invalid("high_freq_factor", "\(high)", "more than low_freq_factor, \(low)")
            }
            self.scaling = .llama3(
                factor: try rope.positive("factor"),
                lowFrequency: low,
                highFrequency: high,
                originalPositions: original
            )
        case "yarn":
            self.scaling = .yarn(try .init(rope, originalPositions: original, maxPositions: maxPositions))
        default:
            throw ModelError.unsupported(
                path: fields.path,
                feature: "rotary scaling of type \"\(type)\"",
                advice: "it may be default, linear, llama3 or yarn"
            )
        }
    }
}

extension RotaryScaling.YaRN {
    fileprivate init(_ rope: ConfigFields, originalPositions: Int, maxPositions: Int) throws {
        let factor = try rope.positive("factor", default: Double(maxPositions) / Double(originalPositions))
        let attentionFactor: Double
        if rope["attention_factor"] != nil {
            attentionFactor = try rope.positive("attention_factor")
        } else if let scale = rope["mscale"]?.doubleValue,
            let scaleAllDim = rope["mscale_all_dim"]?.doubleValue,
            scale != 0, scaleAllDim != 0
        {
            attentionFactor = Self.magnitude(factor, scale) / Self.magnitude(factor, scaleAllDim)
        } else {
            attentionFactor = Self.magnitude(factor, 1)
        }
        self.init(
            factor: factor,
            attentionFactor: attentionFactor,
            betaFast: try rope.positive("beta_fast", default: 32),
            betaSlow: try rope.positive("beta_slow", default: 1),
            originalPositions: originalPositions,
            truncates: try rope.flag("truncate", default: true)
        )
    }

    /// The paper's 0.1 ln(s) + 1, which makes up for the attention that spreads over more keys.
    private static func magnitude(_ factor: Double, _ scale: Double) -> Double {
        factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }
}
