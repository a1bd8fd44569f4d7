#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import MimoFiles

/// The place of a merged model, checked before hours of work go there.
struct MergeOutput {
    /// The path without slashes at its end.
    let path: String

    init(_ directory: String) {
        var trimmed = Substring(directory)
        while trimmed.utf8.count > 1, trimmed.utf8.last == UInt8(ascii: "/") { trimmed.removeLast() }
        path = String(trimmed)
    }

    /// Whether a folder without content stands there.
    var isEmptyFolder: Bool {
        Folder.isFolder(path) && (try? Folder.names(in: path).isEmpty) == true
    }

    /// Checks that the place is free or may be taken.
    func check(replacing: Bool, inputs: [String]) throws {
        guard Folder.exists(path), !isEmptyFolder else { return }
        guard replacing, Folder.isFolder(path) else { throw AdapterError.outputExists(path: path) }
        let own = "\(Self.realPath(path))/"
        for input in inputs where "\(Self.realPath(input))/".utf8.starts(with: own.utf8) {
            throw AdapterError.outputHoldsInput(output: path, input: input)
        }
    }

    /// Checks that the disk has room for that many bytes.
    func checkSpace(_ needed: Int) throws {
        var status = statvfs()
        guard statvfs(Folder.parent(of: path), &status) == 0 else { return }
        let free = Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
                .partialValue
        )
        guard needed <= free else { throw AdapterError.noSpace(path: path, needed: needed, free: free) }
    }

    private static func realPath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
