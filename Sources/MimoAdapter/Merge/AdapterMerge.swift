import MimoFiles
public import MimoModel
import MimoNumerics

/// Writes a base model with an adapter's update added to its weights: a folder that needs no adapter any more.
///
/// Tensors go through one by one, large ones by blocks of rows, so that memory stays far below the model's size.
/// The arithmetic is PEFT's `merge_and_unload` in single precision, rounded to nearest, ties to even, to the type
/// that each weight has in the base. Files are cut as the base's are, with its names and index; a tied head stays
/// tied; tensors that the adapter does not change keep their bytes.
public struct AdapterMerge {
    /// The base model.
    public let base: Checkpoint
    /// What is added.
    public let adapter: Adapter

    /// What a merge has done.
    public struct Report: Sendable, Equatable {
        /// Tensors that were written.
        public var tensors = 0
        /// Tensors among them that the adapter changed.
        public var merged = 0
        /// Bytes of weights that were written.
        public var bytes = 0
        /// What rounding has changed of each tensor among ``merged``, and of a head that was tied.
        public var rounding: [MergeRounding] = []

        /// Counts of a merge.
        public init(tensors: Int = 0, merged: Int = 0, bytes: Int = 0) {
            self.tensors = tensors
            self.merged = merged
            self.bytes = bytes
        }
    }

    /// Floats of a block.
    static let blockSize = 1 << 22

    /// A merge of these two.
    public init(base: Checkpoint, adapter: Adapter) {
        self.base = base
        self.adapter = adapter
    }

    /// Writes the merged model's folder, which appears whole or not at all.
    ///
    /// - Parameters:
    ///   - directory: where the folder will stand.
    ///   - replacing: whether a folder with content that stands there already gives way.
    ///   - inputs: further folders that must not be replaced, such as the adapter's.
    ///   - progress: called after each tensor with the bytes written so far and the bytes in all.
    ///   - check: given the folder before it takes its place, and what was written; what it throws leaves nothing.
    /// - Returns: what was written.
    /// - Throws: ``AdapterError`` where the place is taken, the disk too small, or a merged weight would not be
    ///   finite; ``MimoFiles/FileError`` where the disk does not take the files. Nothing is left then.
    @discardableResult
    public func write(
        to directory: String,
        replacing: Bool = false,
        keeping inputs: [String] = [],
        progress: (_ written: Int, _ total: Int) -> Void = { _, _ in },
        check: (_ folder: String, _ report: Report) throws -> Void = { _, _ in }
    ) throws -> Report {
        let output = MergeOutput(directory)
        try output.check(replacing: replacing, inputs: inputs + [base.directory])
        let head = untiedHead
        let total =
            base.files.flatMap(\.tensors).reduce(0) { $0 + $1.byteRange.count } + (head?.byteRange.count ?? 0)
        let transaction = try DirectoryTransaction(path: output.path)
        try output.checkSpace(total)

        var updates: [String: LoRAWeights] = [:]
        for weights in adapter.modules { updates["\(weights.module.path).weight"] = weights }
        var saved: [String: SavedParameter] = [:]
        for parameter in adapter.saved { saved[parameter.parameter.name] = parameter }
        var report = Report()
        let gemm = Gemm()
        for (place, file) in base.files.enumerated() {
            // A head of its own takes its place behind the last file's tensors.
            let more = place == base.files.count - 1 ? head.map { [$0] } ?? [] : []
            let writer = try SafetensorsWriter(
                path: "\(transaction.workingPath)/\(Folder.name(of: file.path))",
                items: file.tensors.map { .init(name: $0.name, type: $0.type, shape: $0.shape) }
                    + more.map { .init(name: "lm_head.weight", type: $0.type, shape: $0.shape) },
                metadata: file.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            )
            for tensor in file.tensors {
                if let weights = updates[tensor.name] {
                    report.rounding.append(
                        try merge(weights, into: file.weight(tensor.name), tensor, of: file, gemm, writer)
                    )
                    report.merged += 1
                } else if let parameter = saved[tensor.name] {
                    report.rounding.append(
                        try append(parameter, tensor.name, over: file.weight(tensor.name), writer)
                    )
                    report.merged += 1
                } else {
                    try copy(tensor, of: file, writer)
                }
                report.tensors += 1
                report.bytes += tensor.byteRange.count
                progress(report.bytes, total)
            }
            for tensor in more {
                if let parameter = saved["lm_head.weight"] {
                    report.rounding.append(
                        try append(
                            parameter,
                            parameter.parameter.name,
                            over: base.weight(tensor.name),
                            writer
                        )
                    )
                } else if let owner = base.files.first(where: { $0[tensor.name] != nil }) {
                    try copy(tensor, of: owner, writer)
                }
                report.tensors += 1
                report.bytes += tensor.byteRange.count
                progress(report.bytes, total)
            }
            try writer.finish()
        }
        try base.copyCompanions(to: transaction.workingPath)
        if isUntied { try base.declareUntiedHead(in: transaction.workingPath, addsHead: head != nil) }
        try check(transaction.workingPath, report)
        try transaction.commit(replacing: replacing || output.isEmptyFolder)
        return report
    }

    /// Whether head and embedding were one, and are two since they were trained beside the adapter.
    private var isUntied: Bool {
        base.config.tiesWordEmbeddings
            && adapter.saved.contains { Adapter.tiedNames.contains($0.parameter.name) }
    }

    /// The embedding's description, where the head that was tied to it needs a tensor that the files lack.
    private var untiedHead: SafetensorsFile.Entry? {
        isUntied && !base.contains("lm_head.weight") ? base["model.embed_tokens.weight"] : nil
    }

    /// Writes a parameter that was trained whole, rounded to the type of the base's, some rows at a time.
    private func append(
        _ parameter: SavedParameter,
        _ name: String,
        over weight: WeightMatrix,
        _ writer: SafetensorsWriter
    ) throws -> MergeRounding {
        guard parameter.value.isFinite(as: weight.type) else {
            throw AdapterError.mergeNotFinite(tensor: name, type: weight.type.rawValue)
        }
        var rounding = MergeRounding(tensor: name)
        let step = max(1, Self.blockSize / max(1, weight.columns))
        for start in stride(from: 0, to: weight.rows, by: step) {
            let rows = start..<min(start + step, weight.rows)
            let value = parameter.value.rows(rows)
            let written = value.narrowed(to: weight.type)
            try writer.append(written)
            rounding.add(weight.rows(rows), merged: value, written: written)
        }
        return rounding
    }

    /// Writes one tensor with its update, some rows at a time.
    private func merge(
        _ weights: LoRAWeights,
        into weight: WeightMatrix,
        _ tensor: SafetensorsFile.Entry,
        of file: SafetensorsFile,
        _ gemm: Gemm,
        _ writer: SafetensorsWriter
    ) throws -> MergeRounding {
        var rounding = MergeRounding(tensor: tensor.name)
        let step = max(1, Self.blockSize / max(1, weight.columns))
        for start in stride(from: 0, to: weight.rows, by: step) {
            let rows = start..<min(start + step, weight.rows)
            let block = weight.rows(rows)
            let sum = block.addingLowRank(
                b: weights.b.rows(rows),
                a: weights.a,
                scaling: Float(weights.module.scaling),
                gemm: gemm
            )
            if let magnitude = weights.magnitude { sum.setRowNorms(magnitude.columns(rows)) }
            guard sum.isFinite(as: weight.type) else {
                throw AdapterError.mergeNotFinite(tensor: tensor.name, type: weight.type.rawValue)
            }
            let written = sum.narrowed(to: weight.type)
            try writer.append(written)
            rounding.add(block, merged: sum, written: written)
            file.releasePages(block.byteRange)
        }
        return rounding
    }

    /// Writes one tensor as it is, a piece at a time.
    private func copy(_ tensor: SafetensorsFile.Entry, of file: SafetensorsFile, _ writer: SafetensorsWriter)
        throws
    {
        let range = tensor.byteRange
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 4 * Self.blockSize) {
            let piece = start..<min(start + 4 * Self.blockSize, range.upperBound)
            try file.withBytes(piece) { try writer.append($0) }
            file.releasePages(piece)
        }
    }
}
