import MimoFiles

/// What a checkpoint's folder holds, file by file, with sizes and hashes: written last, so that a checkpoint that
/// agrees with it is whole and as it was written.
public struct CheckpointManifest: Sendable, Equatable {
    /// A file of the checkpoint.
    public struct Entry: Sendable, Equatable {
        /// Its name in the folder.
        public var name: String
        /// Its size.
        public var bytes: Int
        /// Its XXH64 in hexadecimal, as `xxh64sum` prints it.
        public var xxh64: String
    }

    /// The files, sorted by name.
    public let files: [Entry]

    /// The manifest's own name.
    public static let fileName = "manifest.json"

    /// The manifest of what stands in a folder now.
    ///
    /// - Throws: ``MimoFiles/FileError`` where a file cannot be read.
    public init(of folder: String) throws {
        files = try Folder.names(in: folder)
            .filter { $0 != Self.fileName && !Folder.isFolder("\(folder)/\($0)") }
            .map { try Self.entry($0, in: folder) }
    }

    /// Reads a folder's manifest.
    ///
    /// - Throws: ``TrainError/checkpoint(path:reason:)`` where there is none or it is damaged.
    public init(readFrom folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard Folder.exists(path) else {
            throw TrainError.checkpoint(
                path: folder,
                reason: "has no \(Self.fileName), which is written last, so it may not be whole"
            )
        }
        let blocks = try FileBlocks(path: path)
        var bytes: [UInt8] = []
        while let block = try blocks.nextBlock() { bytes += block }
        let members = (try? JSON(parsing: bytes))?["files"]?.objectValue
        let files = members?.map { name, value -> Entry? in
            guard let bytes = value["bytes"]?.intValue, let hash = value["xxh64"]?.stringValue else {
                return nil
            }
            return Entry(name: name, bytes: bytes, xxh64: hash)
        }
        guard let files, !files.isEmpty, !files.contains(nil) else {
            throw TrainError.checkpoint(path: path, reason: "is damaged")
        }
        self.files = files.compactMap(\.self)
    }

    /// Writes the manifest into a folder.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take it.
    public func write(to folder: String) throws {
        try AtomicFile.write(json.text(indent: 2) + "\n", to: "\(folder)/\(Self.fileName)")
    }

    /// Compares the files of a folder with the manifest.
    ///
    /// - Parameters:
    ///   - folder: The checkpoint.
    ///   - isWanted: Which files are looked at.
    /// - Throws: ``TrainError/checkpoint(path:reason:)`` that names the first file that is missing, has another
    ///   length or other content.
    public func check(_ folder: String, _ isWanted: (String) -> Bool = { _ in true }) throws {
        for expected in files where isWanted(expected.name) {
            let path = "\(folder)/\(expected.name)"
            guard Folder.exists(path) else { throw TrainError.checkpoint(path: path, reason: "is missing") }
            let found = try Self.entry(expected.name, in: folder)
            guard found.bytes == expected.bytes else {
                throw TrainError.checkpoint(
                    path: path,
                    reason: "has \(found.bytes) bytes; \(Self.fileName) says \(expected.bytes)"
                )
            }
            guard found.xxh64 == expected.xxh64 else {
                throw TrainError.checkpoint(
                    path: path,
                    reason: "is damaged: its XXH64 is \(found.xxh64); \(Self.fileName) says \(expected.xxh64)"
                )
            }
        }
    }

    /// Checks an adapter's weights against the manifest beside them, if there is one.
    ///
    /// - Parameter folder: The adapter.
    /// - Throws: ``TrainError/checkpoint(path:reason:)`` where the weights are not as they were written.
    public static func checkWeights(of folder: String) throws {
        guard Folder.exists("\(folder)/\(fileName)") else { return }
        try CheckpointManifest(readFrom: folder).check(folder) {
            $0.hasSuffix(".safetensors") && $0 != "optimizer.safetensors"
        }
    }

    private var json: JSON {
        [
            "files": .object(
                JSONObject(
                    files.map { ($0.name, ["bytes": .int(Int64($0.bytes)), "xxh64": .string($0.xxh64)]) }
                )
            )
        ]
    }

    private static func entry(_ name: String, in folder: String) throws -> Entry {
        let blocks = try FileBlocks(path: "\(folder)/\(name)")
        var hash = XXHash64()
        var count = 0
        while let block = try blocks.nextBlock() {
            hash.add(block)
            count += block.count
        }
        return Entry(name: name, bytes: count, xxh64: hash.text)
    }
}
