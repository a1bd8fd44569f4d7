import CMimoKernels

/// The skinny products of low-rank updates: one side is the rank.
///
/// Each sum has one order, whoever forms it: threads divide rows of `h` and columns of `dA`.
public enum LowRank {
    /// `h [T, r] = scale · x [T, k] · a [r, k]ᵀ` of several matrices that read one input, which is read once.
    public struct Projection {
        let outputs: [(h: Tensor, a: Tensor)]
        let x: Tensor
        let scale: Float

        /// Projections of one input.
        public init(_ outputs: [(h: Tensor, a: Tensor)], of x: Tensor, scale: Float = 1) {
            precondition(
                outputs.allSatisfy {
                    $0.h.rows == x.rows && $0.h.columns == $0.a.rows && $0.a.columns == x.columns
                }
            )
            (self.outputs, self.x, self.scale) = (outputs, x, scale)
        }
    }

    /// `dA [r, k] += scale · g [T, r]ᵀ · x [T, k]` of several matrices that read one input, which is read once.
    public struct OuterSum {
        let sums: [(dA: Tensor, g: Tensor)]
        let x: Tensor
        let scale: Float

        /// Sums over the rows of one input.
        public init(_ sums: [(dA: Tensor, g: Tensor)], of x: Tensor, scale: Float = 1) {
            precondition(
                sums.allSatisfy {
                    $0.dA.rows == $0.g.columns && $0.dA.columns == x.columns && $0.g.rows == x.rows
                }
            )
            (self.sums, self.x, self.scale) = (sums, x, scale)
        }
    }

    /// Rows that a task projects.
    private static let rowGrain = 24
    /// Columns of which a task forms sums: two registers of the widest kernels.
    private static let columnGrain = 32

    /// Forms projections and sums in one parallel region; none may read what another writes.
    public static func run(_ projections: [Projection], _ sums: [OuterSum] = []) {
        let projections = projections.filter { !$0.outputs.isEmpty }
        // Many threads want many tasks more than to read an input once.
        let sums = sums.filter { !$0.sums.isEmpty }.flatMap {
            $0.x.columns < 4 * columnGrain * RegionClock.sharers ? $0.alone : [$0]
        }
        let rows = projections.map { ($0.x.rows + rowGrain - 1) / rowGrain }
        let columns = sums.map { ($0.x.columns + columnGrain - 1) / columnGrain }
        guard !rows.isEmpty || !columns.isEmpty else { return }
        parallelChunks(.lowRank, ofEach: rows + columns, grain: 1) { item, chunk in
            if item < projections.count {
                let first = chunk.lowerBound * rowGrain
                projections[item].form(first..<first + rowGrain)
            } else {
                let first = chunk.lowerBound * columnGrain
                sums[item - projections.count].form(first..<first + columnGrain)
            }
        }
    }

    /// `out [n, m] = inᵀ`, for the small matrices of an adapter.
    public static func transpose(_ output: Tensor, _ input: Tensor) {
        precondition(output.rows == input.columns && output.columns == input.rows)
        let (out, from) = (output.pointer, input.pointer)
        for row in 0..<input.rows {
            for column in 0..<input.columns {
                out[column * output.stride + row] = from[row * input.stride + column]
            }
        }
    }
}

extension LowRank.Projection {
    fileprivate func form(_ rows: Range<Int>) {
        let rows = rows.clamped(to: 0..<x.rows)
        let input = x.pointer + rows.lowerBound * x.stride
        for (h, a) in outputs {
            kernels.project_down(
                h.pointer + rows.lowerBound * h.stride,
                input,
                a.pointer,
                scale,
                rows.count,
                a.rows,
                a.columns,
                h.stride,
                x.stride,
                a.stride
            )
        }
    }
}

extension LowRank.OuterSum {
    /// Each of its matrices by itself.
    fileprivate var alone: [Self] { sums.map { LowRank.OuterSum([$0], of: x, scale: scale) } }

    fileprivate func form(_ columns: Range<Int>) {
        let columns = columns.clamped(to: 0..<x.columns)
        for (dA, g) in sums {
            kernels.accumulate_outer(
                dA.pointer + columns.lowerBound,
                g.pointer,
                x.pointer + columns.lowerBound,
                scale,
                x.rows,
                dA.rows,
                columns.count,
                dA.stride,
                g.stride,
                x.stride
            )
        }
    }
}
