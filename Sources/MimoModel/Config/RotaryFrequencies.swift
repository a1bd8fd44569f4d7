#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The angles per position of each pair of a head, and the factor of their cosines and sines.
///
/// Computed in single precision in the order of transformers' modeling_rope_utils.py, so that the frequencies
/// are the same bits but for the last one of a power.
public struct RotaryFrequencies: Sendable, Equatable {
    /// Radians per position, `[headSize / 2]`: pair i is elements i and `i + headSize/2` of a head.
    public let inverseFrequencies: [Float]
    /// Multiplies cosine and sine; 1 but for YaRN.
    public let attentionFactor: Float

    /// The frequencies of a model.
    public init(_ config: ModelConfig) {
        self.init(config.rotary, headSize: config.headSize)
    }

    /// The frequencies for heads of this size.
    public init(_ settings: RotarySettings, headSize: Int) {
        let wavelengths = (0..<headSize / 2).map { pair -> Float in
            Float(pow(Double(Float(settings.theta)), Double(Float(2 * pair) / Float(headSize))))
        }
        switch settings.scaling {
        case .none:
            inverseFrequencies = wavelengths.map { 1 / $0 }
            attentionFactor = 1
        case .linear(let factor):
            inverseFrequencies = wavelengths.map { 1 / $0 / Float(factor) }
            attentionFactor = 1
        case .llama3(let factor, let low, let high, let original):
            inverseFrequencies = wavelengths.map {
                Self.llama3(1 / $0, Float(factor), low: low, high: high, original: Double(original))
            }
            attentionFactor = 1
        case .yarn(let yarn):
            inverseFrequencies = Self.yarn(wavelengths, yarn, theta: settings.theta, headSize: headSize)
            attentionFactor = Float(yarn.attentionFactor)
        }
    }

    private static func llama3(
        _ frequency: Float,
        _ factor: Float,
        low: Double,
        high: Double,
        original: Double
    )
        -> Float
    {
        let wavelength = Float(2 * Double.pi) / frequency
        if wavelength < Float(original / high) { return frequency }
        if wavelength > Float(original / low) { return frequency / factor }
        let smooth = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }

    private static func yarn(_ wavelengths: [Float], _ yarn: RotaryScaling.YaRN, theta: Double, headSize: Int)
        -> [Float]
    {
        // The pair that turns `rotations` times within the original context, counted in elements of a head.
        func pair(turning rotations: Double) -> Double {
            Double(headSize) * log(Double(yarn.originalPositions) / (rotations * 2 * Double.pi))
                / (2 * log(theta))
        }
        var first = pair(turning: yarn.betaFast)
        var last = pair(turning: yarn.betaSlow)
        if yarn.truncates { (first, last) = (first.rounded(.down), last.rounded(.up)) }
        first = max(first, 0)
        last = min(last, Double(headSize - 1))
        if first == last { last += 0.001 }
        return wavelengths.enumerated().map { index, wavelength in
            let ramp = min(max((Float(index) - Float(first)) / Float(last - first), 0), 1)
            let kept = 1 - ramp
            return 1 / (Float(yarn.factor) * wavelength) * (1 - kept) + 1 / wavelength * kept
        }
    }
}
