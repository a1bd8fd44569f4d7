/// One term of a matrix product: `a · b`, `a · bᵀ` or `aᵀ · b`, times a scale.
public struct ProductTerm {
    let a: Tensor
    let b: WeightMatrix
    let isTransposed: Bool
    let scale: Float
    /// Whether the rows of the product are the columns of `a`.
    var isInputTransposed = false

    /// `a [m, k] · weight [n, k]ᵀ`: a linear layer forward.
    public static func forward(_ a: Tensor, _ weight: WeightMatrix, scale: Float = 1) -> ProductTerm {
        precondition(a.columns == weight.columns)
        return ProductTerm(a: a, b: weight, isTransposed: true, scale: scale)
    }

    /// `a [m, k] · weight [k, n]`: the gradient of a linear layer's input.
    public static func backward(_ a: Tensor, _ weight: WeightMatrix, scale: Float = 1) -> ProductTerm {
        precondition(a.columns == weight.rows)
        return ProductTerm(a: a, b: weight, isTransposed: false, scale: scale)
    }

    /// `dOutput [k, m]ᵀ · input [k, n]`: the gradient of a linear layer's weight, `[m, n]`.
    public static func weightGradient(_ dOutput: Tensor, _ input: Tensor, scale: Float = 1) -> ProductTerm {
        precondition(dOutput.rows == input.rows)
        return ProductTerm(
            a: dOutput,
            b: WeightMatrix(input),
            isTransposed: false,
            scale: scale,
            isInputTransposed: true
        )
    }

    var rows: Int { isInputTransposed ? a.columns : a.rows }
    var depth: Int { isInputTransposed ? a.rows : a.columns }
    var width: Int { isTransposed ? b.rows : b.columns }
}

/// One output of ``Gemm/multiply(_:accumulate:)``: the sum of its terms.
public struct Product {
    let c: Tensor
    let terms: [ProductTerm]

    /// `c [m, n] = Σ terms`.
    public init(_ c: Tensor, _ terms: [ProductTerm]) {
        precondition(terms.allSatisfy { $0.rows == c.rows && $0.width == c.columns })
        self.c = c
        self.terms = terms
    }
}
