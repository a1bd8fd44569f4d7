import MimoFiles

extension Checkpoint {
    /// Copies what makes the weights a usable model: configuration, tokenizer, chat template, code, license, and
    /// the index of shards. Weights in any form are left out, and README.md, which describes another model.
    ///
    /// - Throws: ``ModelError/unreadable(path:reason:)`` where a file is a link out of the folder;
    ///   ``MimoFiles/FileError`` where one cannot be read or written.
    public func copyCompanions(to directory: String) throws {
        let folder = try ModelFolder(self.directory)
        for name in try Folder.names(in: folder.path) where isCompanion(name) {
            guard !Folder.isFolder(folder.path(of: name)) else { continue }
            let source = try FileBlocks(path: folder.file(named: name))
            let copy = try AtomicFile(path: "\(directory)/\(name)")
            while let block = try source.nextBlock() { try copy.append(block) }
            try copy.commit()
        }
    }

    private func isCompanion(_ name: String) -> Bool {
        if name == Self.indexName { return isSharded }
        let lowercased = name.lowercased()
        return !name.hasPrefix(".") && lowercased != "readme.md" && !lowercased.hasSuffix(".index.json")
            && !Self.weightSuffixes.contains { lowercased.hasSuffix($0) }
    }

    private static let weightSuffixes = [
        ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx", ".ot", ".npz",
    ]
}
