internal import MimoFiles

/// An item of `--dataset`: `[ms::|hf::]ID_OR_PATH[:subset1/subset2][#N]`.
public struct DatasetItem: Sendable, Equatable {
    /// The hub that an id is looked up in.
    public enum Hub: String, Sendable, Codable {
        case huggingFace = "hf"
        case modelScope = "ms"
    }

    /// Whether the item names a file or something to be looked up: a folder or a hub's id.
    public enum Kind: String, Sendable, Codable {
        case path
        case repo
    }

    /// The path or id.
    public var dataset: String
    /// The subsets asked for.
    public var subsets: [String]
    /// How many rows are taken; nil for all.
    public var sample: Int?
    /// The hub named; nil where none is.
    public var hub: Hub?
    /// Whether ``dataset`` is a file.
    public var kind: Kind

    /// Reads an item. What exists is taken as a path before it is split, so that names may hold `:` and `#`.
    ///
    /// - Parameters:
    ///   - item: the item as given.
    ///   - exists: what stands at a path.
    /// - Throws: ``DataError/badItem(_:reason:)``.
    public init(_ item: String, exists: (String) -> Kind? = DatasetItem.existing) throws {
        guard !item.isEmpty else {
            throw DataError.badItem(item, reason: "it is empty; expected a file, folder or id")
        }
        var rest = item
        hub = nil
        if exists(rest) == nil, let (name, behind) = Self.split(rest, at: "::") {
            hub = Hub(rawValue: name.lowercased())
            rest = behind
        }
        sample = nil
        if exists(rest) == nil, let (before, count) = Self.split(rest, at: "#", last: true) {
            guard let number = Int(count.trimmedLikePython) else {
                throw DataError.badItem(item, reason: "\"\(count)\" behind '#' is no number of rows")
            }
            sample = number
            rest = before
        }
        guard !rest.isEmpty else {
            throw DataError.badItem(item, reason: "it names no data set; expected a file, folder or id")
        }
        subsets = []
        if exists(rest) == nil, let (before, names) = Self.split(rest, at: ":") {
            subsets = names.split(separator: "/", omittingEmptySubsequences: false).map {
                String($0).trimmedLikePython
            }
            rest = before
        }
        dataset = rest.trimmedLikePython
        kind = exists(dataset) == .path ? .path : .repo
    }

    /// What stands at a path of the file system: a file, a folder (``Kind/repo``), or nothing.
    public static func existing(_ path: String) -> Kind? {
        guard Folder.exists(path) else { return nil }
        return Folder.isFolder(path) ? .repo : .path
    }

    private static func split(_ text: String, at mark: String, last: Bool = false) -> (String, String)? {
        guard let range = last ? text.utf8LastRange(of: mark) : text.utf8Range(of: mark) else { return nil }
        return (text.utf8Slice(0..<range.lowerBound), text.utf8Slice(range.upperBound..<text.utf8.count))
    }
}
