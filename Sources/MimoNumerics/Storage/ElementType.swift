import CMimoKernels

/// How an element of a stored tensor is encoded.
public enum ElementType: String, Sendable, CaseIterable {
    /// IEEE single precision, 4 bytes.
    case f32 = "F32"
    /// IEEE half precision, 2 bytes.
    case f16 = "F16"
    /// The upper half of single precision, 2 bytes.
    case bf16 = "BF16"

    /// Bytes of one element.
    public var size: Int { self == .f32 ? 4 : 2 }

    var kernelType: mimo_dtype {
        switch self {
        case .f32: MIMO_F32
        case .f16: MIMO_F16
        case .bf16: MIMO_BF16
        }
    }
}
