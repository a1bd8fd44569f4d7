import MimoFiles

/// What the header of a safetensors file says, checked against the file's size.
///
/// The rules are those of the reference implementation (huggingface/safetensors, tensor.rs): eight bytes of
/// little-endian length, at most 100,000,000; a JSON object; data that follows without gaps or overlaps
/// and fills the file.
struct SafetensorsHeader {
    static let maximumLength = 100_000_000

    let metadata: [String: String]
    /// In the order of their data.
    let tensors: [SafetensorsFile.Entry]

    /// - Parameters:
    ///   - text: the JSON text.
    ///   - path: the file's path, for messages.
    ///   - dataStart: where the data begin in the file, in bytes.
    ///   - fileSize: the file's size in bytes.
    /// - Throws: ``ModelError/invalidSafetensors(path:reason:)`` or ``ModelError/invalidTensor(path:tensor:reason:)``.
    init(_ text: UnsafeRawBufferPointer, path: String, dataStart: Int, fileSize: Int) throws {
        func damaged(_ reason: String) -> ModelError { .invalidSafetensors(path: path, reason: reason) }
        guard text.first == UInt8(ascii: "{") else { throw damaged("its header does not begin with \"{\"") }
        let json: JSON
        do {
            json = try JSON(parsing: text, rejectingDuplicateKeys: true)
        } catch {
            throw damaged("its header is \(error)")
        }
        guard let members = json.objectValue else { throw damaged("its header is no JSON object") }

        var metadata: [String: String] = [:]
        var tensors: [SafetensorsFile.Entry] = []
        var names: Set<String> = []
        for (name, value) in members {
            if name == "__metadata__" {
                if value.isNull { continue }
                guard let entries = value.objectValue else { throw damaged("\"__metadata__\" is no object") }
                for (key, value) in entries {
                    guard let text = value.stringValue else {
                        throw damaged(
                            "\"__metadata__\" holds \(value.kind) for \"\(key)\"; expected a string"
                        )
                    }
                    metadata[key] = text
                }
                continue
            }
            guard names.insert(name).inserted else { throw damaged("it names tensor \"\(name)\" twice") }
            do {
                tensors.append(try .init(name: name, value, dataStart: dataStart, fileSize: fileSize))
            } catch let error as EntryError {
                throw ModelError.invalidTensor(path: path, tensor: name, reason: error.reason)
            }
        }
        tensors.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < (
                $1.byteRange.lowerBound, $1.byteRange.upperBound
            )
        }
        var end = dataStart
        for tensor in tensors {
            guard tensor.byteRange.lowerBound == end else {
                throw ModelError.invalidTensor(
                    path: path,
                    tensor: tensor.name,
                    reason: "begins at byte \(tensor.byteRange.lowerBound - dataStart) of the data; expected "
                        + "\(end - dataStart), where the one before it ends: the file is damaged"
                )
            }
            end = tensor.byteRange.upperBound
        }
        guard end == fileSize else {
            throw damaged("its tensors end at byte \(end), the file at byte \(fileSize)")
        }
        self.metadata = metadata
        self.tensors = tensors
    }
}

/// What is wrong with one tensor's description.
private struct EntryError: Error {
    let reason: String
}

extension SafetensorsFile.Entry {
    fileprivate init(name: String, _ value: JSON, dataStart: Int, fileSize: Int) throws {
        guard let members = value.objectValue else {
            throw EntryError(reason: "is described by \(value.kind); expected an object")
        }
        guard let typeName = members["dtype"]?.stringValue, let type = SafetensorsType(rawValue: typeName)
        else {
            let found = members["dtype"].map { $0.text() } ?? "missing"
            throw EntryError(reason: "has an unknown dtype: \(found)")
        }
        guard let shape = members["shape"]?.arrayValue.flatMap(Self.sizes) else {
            throw EntryError(reason: "has no \"shape\" of whole numbers")
        }
        guard let offsets = members["data_offsets"]?.arrayValue.flatMap(Self.sizes), offsets.count == 2 else {
            throw EntryError(reason: "has no \"data_offsets\" of two whole numbers")
        }
        var bits = type.bitCount
        for size in shape {
            let product = bits.multipliedReportingOverflow(by: size)
            guard !product.overflow else {
                throw EntryError(reason: "has a shape \(shape) that no file can hold")
            }
            bits = product.partialValue
        }
        let byteCount = bits / 8
        guard bits % 8 == 0, offsets[1] >= offsets[0], offsets[1] - offsets[0] == byteCount else {
            throw EntryError(
                reason:
                    "has data from byte \(offsets[0]) to \(offsets[1]), but shape \(shape) of \(type.rawValue) "
                    + "takes \(byteCount) bytes"
            )
        }
        guard offsets[1] <= fileSize - dataStart else {
            throw EntryError(
                reason: "ends at byte \(offsets[1]) of the data, but the file holds \(fileSize - dataStart): "
                    + "it is cut short"
            )
        }
        self.init(
            name: name,
            type: type,
            shape: shape,
            byteRange: dataStart + offsets[0]..<dataStart + offsets[1]
        )
    }

    /// Whole numbers from 0, as the reference's unsigned integers; 2.0 is none.
    private static func sizes(_ values: [JSON]) -> [Int]? {
        var sizes: [Int] = []
        for value in values {
            guard case .int(let size) = value, size >= 0 else { return nil }
            sizes.append(Int(size))
        }
        return sizes
    }
}
