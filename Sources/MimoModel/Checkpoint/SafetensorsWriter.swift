import MimoFiles
public import MimoNumerics

/// Writes a safetensors file in one pass: the header first, then the data in the order of the header.
///
/// The bytes are those of the reference implementation for the same tensors in the same order. The file takes its
/// place at the end, in one step; dropping an unfinished writer leaves nothing.
public final class SafetensorsWriter {
    /// A tensor that will be written.
    public struct Item: Sendable, Equatable {
        /// The tensor's name.
        public let name: String
        /// How its elements are encoded.
        public let type: SafetensorsType
        /// Its dimensions, outermost first.
        public let shape: [Int]

        /// A tensor of this name, type and shape.
        public init(name: String, type: SafetensorsType, shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }

        var byteCount: Int { shape.reduce(type.bitCount, *) / 8 }
    }

    private let file: AtomicFile
    private var remaining: Int

    /// Begins a file and writes its header.
    ///
    /// - Parameters:
    ///   - path: where the finished file will stand.
    ///   - items: the tensors in the order in which their data will be appended.
    ///   - metadata: what `__metadata__` says, in this order; readers in Python look for `format`.
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take it.
    public init(path: String, items: [Item], metadata: [(key: String, value: String)] = [("format", "pt")])
        throws
    {
        file = try AtomicFile(path: path)
        remaining = items.reduce(0) { $0 + $1.byteCount }
        let header = Self.header(items, metadata)
        try file.append((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header)
    }

    /// Appends bytes of the current tensor, or of several in a row, in pieces of any size.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take them.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        precondition(bytes.count <= remaining, "more data than the header announces")
        remaining -= bytes.count
        try file.append(bytes)
    }

    /// Appends bytes, see ``append(_:)-(UnsafeRawBufferPointer)``.
    public func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try append($0) }
    }

    /// Appends a float tensor's elements.
    public func append(_ tensor: Tensor) throws {
        try tensor.withBytes { try append($0) }
    }

    /// Makes the file durable and puts it in its place.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take it.
    public func finish() throws {
        precondition(remaining == 0, "less data than the header announces")
        try file.commit()
    }

    /// The order in which the reference writes: types of larger alignment first, then by name.
    public static func referenceOrder(_ items: [Item]) -> [Item] {
        var rank: [SafetensorsType: Int] = [:]
        for (position, type) in SafetensorsType.allCases.enumerated() { rank[type] = position }
        return items.sorted { left, right in
            let (leftRank, rightRank) = (rank[left.type] ?? 0, rank[right.type] ?? 0)
            if leftRank != rightRank { return leftRank > rightRank }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    /// JSON without white space, padded so that the data begin at a multiple of 8.
    private static func header(_ items: [Item], _ metadata: [(key: String, value: String)]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let entries = metadata.map { "\(JSON.string($0.key).text()):\(JSON.string($0.value).text())" }
            members.append("\"__metadata__\":{\(entries.joined(separator: ","))}")
        }
        var offset = 0
        for item in items {
            let end = offset + item.byteCount
            let shape = item.shape.map(String.init).joined(separator: ",")
            members.append(
                """
                \(JSON.string(item.name).text()):{"dtype":"\(item.type.rawValue)","shape":[\(shape)],\
                "data_offsets":[\(offset),\(end)]}
                """
            )
            offset = end
        }
        var bytes = Array("{\(members.joined(separator: ","))}".utf8)
        while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
        return bytes
    }
}
