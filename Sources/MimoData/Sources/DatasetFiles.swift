public import MimoFiles

/// The files of a data set, and how each kind is read.
public enum DatasetFiles {
    /// The files that a path stands for: itself, or all data files of a folder, in the order of their names.
    ///
    /// - Throws: ``FileError`` where there is nothing, or ``DataError/unsupportedFile(path:reason:)`` where a
    ///   folder has no data file.
    public static func files(at path: String) throws -> [String] {
        guard Folder.isFolder(path) else {
            // Opening says why, where that cannot be done.
            if !Folder.exists(path) { _ = try FileBlocks(path: path) }
            return [path]
        }
        let files = try allFiles(in: path).filter { kind(of: $0) != nil }
        guard !files.isEmpty else {
            throw DataError.unsupportedFile(path: path, reason: "the folder holds no \(extensions) file")
        }
        return files
    }

    /// The rows of a file.
    ///
    /// - Parameters:
    ///   - path: a `.jsonl`, `.json`, `.csv` or `.txt` file, also compressed as `.zst`. Other names are read
    ///     as JSON lines.
    ///   - limit: the longest row in bytes.
    /// - Returns: the rows in the order of the file.
    /// - Throws: ``FileError`` where it cannot be opened, or ``DataError/unsupportedFile(path:reason:)``.
    public static func open(_ path: String, limit: Int = LineReader.defaultLimit) throws -> any RowSource {
        switch kind(of: path) {
        case .csv: return CSVSource(try blocks(path), limit: limit)
        case .text: return TextLinesSource(try LineReader(path: path, limit: limit))
        case .json where try beginsWithBracket(path): return JSONArraySource(try blocks(path), limit: limit)
        case .json, .jsonLines: return JSONLinesSource(try LineReader(path: path, limit: limit))
        case nil:
            if let advice = advice(for: path) { throw DataError.unsupportedFile(path: path, reason: advice) }
            return JSONLinesSource(try LineReader(path: path, limit: limit))
        }
    }

    private enum Kind { case jsonLines, json, csv, text }

    private static let extensions = ".jsonl, .json, .csv or .txt"

    private static func kind(of path: String) -> Kind? {
        var name = Folder.name(of: path).lowercased()
        if name.hasSuffix(".zst") { name.removeLast(4) }
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") { return .jsonLines }
        if name.hasSuffix(".json") { return .json }
        if name.hasSuffix(".csv") { return .csv }
        return name.hasSuffix(".txt") ? .text : nil
    }

    private static func advice(for path: String) -> String? {
        let name = Folder.name(of: path).lowercased()
        if name.hasSuffix(".parquet") || name.hasSuffix(".arrow") {
            return "this format is not read; convert it first, for instance with Python: "
                + "import pandas; pandas.read_parquet(\"\(path)\").to_json(\"data.jsonl\", orient=\"records\", lines=True, "
                + "force_ascii=False)"
        }
        for suffix in [".gz", ".xz", ".bz2", ".zip", ".tar"] where name.hasSuffix(suffix) {
            return "\(suffix) is not read; unpack it, or compress with zstd"
        }
        return nil
    }

    private static func blocks(_ path: String) throws -> any BlockSource {
        let file = try FileBlocks(path: path, blockSize: 4)
        let isZstd = try file.nextBlock()?.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) ?? false
        return isZstd ? try ZstdReader(path: path) : try FileBlocks(path: path)
    }

    private static func beginsWithBracket(_ path: String) throws -> Bool {
        let source = try blocks(path)
        while let block = try source.nextBlock() {
            if let first = block.first(where: {
                $0 != 0x20 && !(0x09...0x0d).contains($0) && !bom.contains($0)
            }) {
                return first == UInt8(ascii: "[")
            }
        }
        return false
    }

    private static let bom: [UInt8] = [0xef, 0xbb, 0xbf]

    private static func allFiles(in folder: String) throws -> [String] {
        try Folder.names(in: folder).filter { !$0.hasPrefix(".") }.flatMap { name in
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            return Folder.isFolder(path) ? try allFiles(in: path) : [path]
        }
    }
}
