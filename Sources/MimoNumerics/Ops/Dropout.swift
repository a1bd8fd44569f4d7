import CMimoKernels

/// Which elements a dropout keeps: a function of a key and the element's index, so that no mask is stored and a
/// resumed run drops the same elements.
///
/// Method: counter-based random numbers, Salmon et al. (2011); scaling by 1/(1-p), Srivastava et al. (2014).
public struct DropoutMask: Sendable {
    /// Names the stream; each step and place has its own.
    public let key: UInt64
    /// The share of elements that become 0, at least 0 and below 1.
    public let probability: Float

    /// A mask of its own for this key.
    public init(key: UInt64, probability: Float) {
        precondition(probability >= 0 && probability < 1)
        self.key = key
        self.probability = probability
    }

    /// `output = mask(input) / (1-p)`; both `[T, C]`. Row i draws as row `rows[i]` of an endless matrix.
    public func forward(_ output: Tensor, _ input: Tensor, rows: [UInt64]) {
        precondition(output.rows == input.rows && output.columns == input.columns && rows.count == input.rows)
        parallelChunks(.dropout, of: input.rows, grain: 32) { chunk in
            for row in chunk {
                kernels.dropout(
                    output.pointer + row * output.stride,
                    input.pointer + row * input.stride,
                    key,
                    rows[row] &* UInt64(input.columns),
                    probability,
                    input.columns
                )
            }
        }
    }

    /// `dInput += mask(dOutput) / (1-p)` with the mask of the forward; both `[T, C]`.
    public func backward(adding dInput: Tensor, _ dOutput: Tensor, rows: [UInt64]) {
        precondition(
            dInput.rows == dOutput.rows && dInput.columns == dOutput.columns && rows.count == dInput.rows
        )
        parallelChunks(.dropout, of: dInput.rows, grain: 32) { chunk in
            for row in chunk {
                kernels.dropout_add(
                    dInput.pointer + row * dInput.stride,
                    dOutput.pointer + row * dOutput.stride,
                    key,
                    rows[row] &* UInt64(dInput.columns),
                    probability,
                    dInput.columns
                )
            }
        }
    }
}
