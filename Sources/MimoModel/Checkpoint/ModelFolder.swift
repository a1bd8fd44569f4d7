#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
package import MimoFiles
import MimoNumerics

/// A model's folder as a border: only regular files that lie in it are read.
///
/// A folder that came from somewhere may hold links. One that stays inside is followed, and one from a snapshot
/// of the Hugging Face cache into that model's part of the cache (`models--ORG--NAME/`), which is how the cache
/// is built. Any other would read, and on merging copy, a file that is not the model's, and is refused.
package struct ModelFolder: Sendable {
    /// The path as it was given, without slashes at its end.
    package let path: String
    private let border: String

    /// - Throws: ``ModelError/unreadable(path:reason:)`` where there is no such folder.
    package init(_ directory: String) throws {
        var trimmed = Substring(directory)
        while trimmed.utf8.count > 1, trimmed.utf8.last == UInt8(ascii: "/") { trimmed.removeLast() }
        path = String(trimmed)
        guard let real = Self.realPath(path) else {
            throw ModelError.unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        guard Self.mode(real) == S_IFDIR else {
            throw ModelError.unreadable(path: path, reason: "not a folder; expected a model's folder")
        }
        border = Self.cachedModel(real) ?? real
    }

    /// Where a file of that name would stand.
    package func path(of name: String) -> String { "\(path)/\(name)" }

    /// Whether something of that name is there, were it a dangling link.
    package func contains(_ name: String) -> Bool {
        var status = stat()
        return lstat(path(of: name), &status) == 0
    }

    /// The file's path, once it is known to be a regular file of this folder.
    ///
    /// - Throws: ``ModelError/unreadable(path:reason:)`` where it is missing, no regular file, or lies elsewhere.
    package func file(named name: String) throws -> String {
        let file = path(of: name)
        guard let real = Self.realPath(file) else {
            throw ModelError.unreadable(path: file, reason: String(cString: strerror(errno)))
        }
        guard Self.isPlainName(name), real.utf8.starts(with: "\(border)/".utf8) else {
            throw ModelError.unreadable(
                path: file,
                reason: "leads out of the model's folder, to \(real); copy that file here instead"
            )
        }
        guard Self.mode(real) == S_IFREG else {
            throw ModelError.unreadable(path: file, reason: "not a regular file")
        }
        return file
    }

    /// Parses a JSON file of the folder.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - rejectingDuplicateKeys: whether a repeated member is an error; else the last one counts, as in Python.
    /// - Returns: the file's value.
    /// - Throws: ``ModelError/unreadable(path:reason:)``.
    package func json(named name: String, rejectingDuplicateKeys: Bool = false) throws -> JSON {
        let file = try file(named: name)
        do {
            let storage = try TensorStorage(mapping: file)
            return try storage.withBytes(0..<storage.byteCount) {
                try JSON(parsing: $0, rejectingDuplicateKeys: rejectingDuplicateKeys)
            }
        } catch let error as NumericsError {
            guard case .cannotMap(_, let reason) = error else { throw error }
            throw ModelError.unreadable(path: file, reason: reason)
        } catch let error as JSONError {
            throw ModelError.unreadable(path: file, reason: error.description)
        }
    }

    /// Parses a JSON file that holds an object, as ``json(named:rejectingDuplicateKeys:)``.
    package func object(named name: String, rejectingDuplicateKeys: Bool = false) throws -> ConfigFields {
        let json = try json(named: name, rejectingDuplicateKeys: rejectingDuplicateKeys)
        guard let members = json.objectValue else {
            throw ModelError.unreadable(
                path: path(of: name),
                reason: "holds \(json.kind); expected an object"
            )
        }
        return ConfigFields(path: path(of: name), members: members)
    }

    /// Whether this is the name of a file and no path: neither separators nor the special names.
    package static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".."
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }

    /// `…/models--ORG--NAME` of `…/models--ORG--NAME/snapshots/REVISION`.
    private static func cachedModel(_ real: String) -> String? {
        let parts = real.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "snapshots",
            parts[parts.count - 3].hasPrefix("models--")
        else { return nil }
        return parts.dropLast(2).joined(separator: "/")
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
