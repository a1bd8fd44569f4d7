import CMimoKernels

/// Sums, biases and gathers.
public enum Elementwise {
    /// `output = a + b`, all of one shape; `output` may be an input.
    public static func add(_ output: Tensor, _ a: Tensor, _ b: Tensor) {
        precondition(a.rows == output.rows && b.rows == output.rows)
        precondition(a.columns == output.columns && b.columns == output.columns)
        parallelChunks(.copies, of: output.rows, grain: 32) { rows in
            for row in rows {
                let (x, y) = (a.pointer + row * a.stride, b.pointer + row * b.stride)
                kernels.add(output.pointer + row * output.stride, x, y, output.columns)
            }
        }
    }

    /// `output = a - b`, all of one shape; `output` may be an input.
    public static func subtract(_ output: Tensor, _ a: Tensor, _ b: Tensor) {
        precondition(a.rows == output.rows && b.rows == output.rows)
        precondition(a.columns == output.columns && b.columns == output.columns)
        parallelChunks(.copies, of: output.rows, grain: 32) { rows in
            for row in rows {
                let (x, y) = (a.pointer + row * a.stride, b.pointer + row * b.stride)
                let out = output.pointer + row * output.stride
                for column in 0..<output.columns { out[column] = x[column] - y[column] }
            }
        }
    }

    /// Adds the row `bias [1, C]` to each row of `x [T, C]`.
    public static func addBias(_ x: Tensor, _ bias: Tensor) {
        precondition(bias.count == x.columns)
        parallelChunks(.copies, of: x.rows, grain: 32) { rows in
            for row in rows {
                let start = x.pointer + row * x.stride
                kernels.add(start, start, bias.pointer, x.columns)
            }
        }
    }

    /// Copies row `indices[i]` of `from` to row i of `output`.
    public static func gatherRows(_ output: Tensor, from: Tensor, _ indices: [Int]) {
        precondition(output.rows == indices.count && output.columns == from.columns)
        parallelChunks(.copies, of: indices.count, grain: 64) { rows in
            for row in rows {
                precondition(indices[row] >= 0 && indices[row] < from.rows)
                (output.pointer + row * output.stride).update(
                    from: from.pointer + indices[row] * from.stride,
                    count: output.columns
                )
            }
        }
    }

    /// Adds row i of `from` to row `indices[i]` of `output`, in order; threads divide the columns, so an index
    /// may repeat.
    public static func scatterAddRows(_ output: Tensor, from: Tensor, _ indices: [Int]) {
        precondition(from.rows == indices.count && output.columns == from.columns)
        parallelChunks(.copies, of: from.columns, grain: 256) { columns in
            for (row, index) in indices.enumerated() {
                precondition(index >= 0 && index < output.rows)
                let start = output.pointer + index * output.stride + columns.lowerBound
                kernels.add(
                    start,
                    start,
                    from.pointer + row * from.stride + columns.lowerBound,
                    columns.count
                )
            }
        }
    }

    /// The sum of the squares of all elements of some tensors, in double, in an order that no thread count changes:
    /// by rows, then by tensors.
    public static func sumOfSquares(_ tensors: [Tensor]) -> Double {
        var firsts = [0]
        for tensor in tensors { firsts.append(firsts[firsts.count - 1] + tensor.rows) }
        var rows = [Double](repeating: 0, count: firsts[tensors.count])
        rows.withUnsafeMutableBufferPointer { rows in
            guard let sums = rows.baseAddress else { return }
            parallelChunks(.copies, ofEach: tensors.map(\.rows), grain: 8) { index, range in
                let x = tensors[index]
                for row in range {
                    sums[firsts[index] + row] = kernels.sum_of_squares(x.pointer + row * x.stride, x.columns)
                }
            }
        }
        return tensors.indices.reduce(0) { $0 + rows[firsts[$1]..<firsts[$1 + 1]].reduce(0, +) }
    }

    /// Writes 0 to all elements of some tensors.
    public static func clear(_ tensors: [Tensor]) {
        parallelChunks(.copies, ofEach: tensors.map(\.rows), grain: 8) { index, rows in
            let x = tensors[index]
            for row in rows { (x.pointer + row * x.stride).update(repeating: 0, count: x.columns) }
        }
    }
}
