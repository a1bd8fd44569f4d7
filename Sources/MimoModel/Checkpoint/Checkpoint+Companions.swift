import MimoFiles

extension Checkpoint {
    /// Copies what makes the weights a usable model: configuration, tokenizer, chat template, code, license, and
    /// the index of shards. Weights in any form are left out, and README.md, which describes another model.
    ///
    /// - Throws: ``ModelError/unreadable(path:reason:)`` where a file is a link out of the folder;
    ///   ``MimoFiles/FileError`` where one cannot be read or written.
    public func copyCompanions(to directory: String) throws {
        try ModelFolder(self.directory).copyCompanions(to: directory, withIndex: isSharded)
    }

    /// Bytes of what ``copyCompanions(to:)`` copies.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the folder cannot be listed.
    public func companionBytes() throws -> Int {
        let folder = try ModelFolder(directory)
        return try folder.companions(withIndex: isSharded).reduce(0) {
            $0 + Folder.byteCount(of: folder.path(of: $1))
        }
    }
}

extension ModelFolder {
    /// As ``Checkpoint/copyCompanions(to:)``; the index of shards only where it is asked for.
    func copyCompanions(to directory: String, withIndex: Bool) throws {
        for name in try companions(withIndex: withIndex) {
            let source = try FileBlocks(path: file(named: name))
            let copy = try AtomicFile(path: "\(directory)/\(name)")
            while let block = try source.nextBlock() { try copy.append(block) }
            try copy.commit()
        }
    }

    /// The names of the files that belong to the model beside its weights.
    fileprivate func companions(withIndex: Bool) throws -> [String] {
        try Folder.names(in: path).filter {
            Self.isCompanion($0, withIndex: withIndex) && !Folder.isFolder(path(of: $0))
        }
    }

    private static func isCompanion(_ name: String, withIndex: Bool) -> Bool {
        if name == Checkpoint.indexName { return withIndex }
        // What a training run or a merge keeps beside a model says nothing about a model that is made of it.
        if ["args.json", "trainer_state.json", "manifest.json", "merge_report.json"].contains(name) {
            return false
        }
        let lowercased = name.lowercased()
        return !name.hasPrefix(".") && lowercased != "readme.md" && !lowercased.hasSuffix(".index.json")
            && !weightSuffixes.contains { lowercased.hasSuffix($0) }
    }

    private static let weightSuffixes = [
        ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx", ".ot", ".npz",
    ]
}
