public import MimoNumerics

/// A safetensors file, mapped read-only: the header is checked at once, data are read when they are used.
public struct SafetensorsFile: Sendable {
    /// A tensor's description.
    public struct Entry: Sendable, Equatable {
        /// The tensor's name.
        public let name: String
        /// How its elements are encoded.
        public let type: SafetensorsType
        /// Its dimensions, outermost first.
        public let shape: [Int]
        /// Where its data lie in the file.
        public let byteRange: Range<Int>
    }

    /// The file's path.
    public let path: String
    /// What `__metadata__` says, such as `format`.
    public let metadata: [String: String]
    /// The tensors in the order of their data.
    public let tensors: [Entry]
    private let storage: TensorStorage
    private let index: [String: Int]

    /// Maps a file and checks its header by the rules of the reference implementation.
    ///
    /// - Throws: ``ModelError/unreadable(path:reason:)``, ``ModelError/invalidSafetensors(path:reason:)`` or
    ///   ``ModelError/invalidTensor(path:tensor:reason:)``.
    public init(path: String) throws {
        self.path = path
        do {
            storage = try TensorStorage(mapping: path)
        } catch let error as NumericsError {
            guard case .cannotMap(_, let reason) = error else { throw error }
            throw ModelError.unreadable(path: path, reason: reason)
        }
        let size = storage.byteCount
        guard size >= 8 else {
            throw ModelError.invalidSafetensors(
                path: path,
                reason: "it has \(size) bytes, less than a header"
            )
        }
        let length = storage.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(SafetensorsHeader.maximumLength) else {
            throw ModelError.invalidSafetensors(
                path: path,
                reason:
                    "its header would have \(length) bytes; at most \(SafetensorsHeader.maximumLength) are allowed"
            )
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= size else {
            throw ModelError.invalidSafetensors(
                path: path,
                reason: "its header ends at byte \(dataStart), the file at byte \(size)"
            )
        }
        let header = try storage.withBytes(8..<dataStart) {
            try SafetensorsHeader($0, path: path, dataStart: dataStart, fileSize: size)
        }
        metadata = header.metadata
        tensors = header.tensors
        var index: [String: Int] = [:]
        for (position, tensor) in header.tensors.enumerated() { index[tensor.name] = position }
        self.index = index
    }

    /// The description of a tensor, or nil where the file has none of that name.
    public subscript(name: String) -> Entry? { index[name].map { tensors[$0] } }

    /// Tells the kernel that the tensors will be read as a whole, but for those of these names.
    func expectFullRead(except names: Set<String>) {
        let (start, end) = (tensors.first?.byteRange.lowerBound ?? 0, tensors.last?.byteRange.upperBound ?? 0)
        var from = start
        for tensor in tensors where names.contains(tensor.name) {
            storage.expectFullRead(from..<max(from, tensor.byteRange.lowerBound))
            from = tensor.byteRange.upperBound
        }
        storage.expectFullRead(from..<max(from, end))
    }

    /// A matrix, or a vector as one row, read in place.
    ///
    /// - Throws: ``ModelError/invalidTensor(path:tensor:reason:)`` where there is none of that name, its elements
    ///   are no F32, F16 or BF16, or it has more than two dimensions.
    public func weight(_ name: String) throws -> WeightMatrix {
        let entry = try entry(name)
        guard let type = entry.type.elementType else {
            throw refused(entry, "holds \(entry.type.rawValue); F32, F16 and BF16 are read as floats")
        }
        guard entry.shape.count <= 2 else {
            throw refused(entry, "has shape \(entry.shape); expected a matrix or a vector")
        }
        return WeightMatrix(
            storage: storage,
            byteOffset: entry.byteRange.lowerBound,
            type: type,
            rows: entry.shape.count == 2 ? entry.shape[0] : 1,
            columns: entry.shape.last ?? 1
        )
    }

    /// A matrix or vector as floats in memory of its own.
    ///
    /// - Throws: as ``weight(_:)``.
    public func tensor(_ name: String) throws -> Tensor {
        try weight(name).widened()
    }

    /// A tensor's bytes, of whatever type, copied out.
    ///
    /// - Throws: ``ModelError/invalidTensor(path:tensor:reason:)`` where there is none of that name.
    public func bytes(_ name: String) throws -> [UInt8] {
        storage.bytes(try entry(name).byteRange)
    }

    /// Reads bytes of the file in place; the pointer is valid within `body` only.
    public func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
    {
        try storage.withBytes(range, body)
    }

    /// Gives mapped pages of the file back to the system until they are read again, see
    /// ``MimoNumerics/TensorStorage/releasePages(_:)``.
    public func releasePages(_ range: Range<Int>) {
        storage.releasePages(range)
    }

    private func entry(_ name: String) throws -> Entry {
        guard let entry = self[name] else {
            throw ModelError.invalidTensor(path: path, tensor: name, reason: "is not in this file")
        }
        return entry
    }

    private func refused(_ entry: Entry, _ reason: String) -> ModelError {
        .invalidTensor(path: path, tensor: entry.name, reason: reason)
    }
}
