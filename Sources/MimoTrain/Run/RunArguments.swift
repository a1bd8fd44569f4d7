public import MimoFiles

/// The options of a run as `args.json` keeps them beside each checkpoint, so that what uses an adapter later
/// need not be told them again.
public struct RunArguments: Sendable, Equatable {
    /// The options by name, in snake case, with the values that they came to have.
    public var fields: JSONObject

    /// The file's name.
    public static let fileName = "args.json"

    /// Arguments of these options.
    public init(_ fields: JSONObject = JSONObject()) {
        self.fields = fields
    }

    /// Reads the arguments beside an adapter, or in the run's folder above it.
    ///
    /// - Returns: nil where there are none.
    /// - Throws: ``MimoFiles/FileError`` where the file is damaged.
    public init?(besideAdapter folder: String) throws {
        guard
            let path = ["\(folder)/\(Self.fileName)", "\(Folder.parent(of: folder))/\(Self.fileName)"]
                .first(where: Folder.exists)
        else { return nil }
        try self.init(path: path)
    }

    /// Reads a file.
    ///
    /// - Throws: ``MimoFiles/FileError`` where it is missing, or does not hold a JSON object.
    public init(path: String) throws {
        let reader = try LineReader(path: path)
        var bytes: [UInt8] = []
        while let line = try reader.next() { bytes += line.bytes + [UInt8(ascii: "\n")] }
        do {
            guard let fields = try JSON(parsing: bytes).objectValue else {
                throw FileError.damaged(path: path, reason: "holds no JSON object of options")
            }
            self.init(fields)
        } catch let error as JSONError {
            throw FileError.damaged(path: path, reason: error.description)
        }
    }

    /// An option's text; nil where it is not given.
    public func text(_ name: String) -> String? { fields[name]?.stringValue }

    /// Writes `args.json` into a folder.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take it.
    public func write(to folder: String) throws {
        try AtomicFile.write(JSON.object(fields).text(indent: 2) + "\n", to: "\(folder)/\(Self.fileName)")
    }
}
