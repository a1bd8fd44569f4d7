import CMimoKernels

/// Neighbouring column panels of one of several products.
struct ColumnGroup: Equatable {
    /// Its number among the groups of all products.
    let number: Int
    let product: Int
    let panels: Range<Int>
}

/// How products are cut into tasks: some columns of one of them times some rows. No sum depends on it.
///
/// A thread that takes one task after the other stays at the same columns, so that it packs few weights.
struct ProductCut {
    /// Columns that a thread packs: they lie side by side in a weight's row, and stay in the second-level cache.
    private static let columns = 128
    /// Rows that a task multiplies: read again for each panel, they stay there too.
    private static let rows = 56

    /// Floats that a group's weights take at most.
    let floats: Int
    /// Number of tasks.
    let tasks: Int

    private let panels: [Int]
    private let panelsOfGroup: Int
    private let rows: Int
    private let rowsOfTask: Int
    private let parts: Int

    /// Cuts products of so many rows for so many threads.
    init(_ products: [ProductBlock], rows: Int, threads: Int) {
        let panels = products.map(\.panels)
        func groups(_ size: Int) -> Int { panels.reduce(0) { $0 + ($1 + size - 1) / size } }
        func parts(_ stripes: Int) -> Int { (rows + stripes * kernels.mr - 1) / (stripes * kernels.mr) }
        // Two threads that share columns pack them twice, so there are more groups than threads where that can be.
        var (size, stripes) = (max(1, Self.columns / kernels.nr), max(1, Self.rows / kernels.mr))
        while size > 1, groups(size) < 2 * threads { size /= 2 }
        while stripes > 1, groups(size) * parts(stripes) < max(64, 4 * threads) { stripes /= 2 }
        (self.panels, self.rows) = (panels, rows)
        (panelsOfGroup, rowsOfTask, self.parts) = (size, stripes * kernels.mr, parts(stripes))
        tasks = groups(size) * parts(stripes)
        floats = size * kernels.nr * (products.map(\.depth).max() ?? 0)
    }

    /// The columns of a task.
    func columns(_ task: Int) -> ColumnGroup {
        var (product, group) = (0, task / parts)
        while group * panelsOfGroup >= panels[product] {
            group -= (panels[product] + panelsOfGroup - 1) / panelsOfGroup
            product += 1
        }
        let first = group * panelsOfGroup
        return ColumnGroup(
            number: task / parts,
            product: product,
            panels: first..<min(panels[product], first + panelsOfGroup)
        )
    }

    /// The rows of a task.
    func rows(_ task: Int) -> Range<Int> {
        let first = task % parts * rowsOfTask
        return first..<min(rows, first + rowsOfTask)
    }
}
