#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif
internal import Synchronization

/// What is done with folders here: listing, making, removing, and making their entries durable.
public enum Folder {
    static let partialMark = ".partial-"
    private static let serial = Atomic<Int>(0)

    /// Whether a file or folder stands at `path`.
    public static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Whether a folder stands at `path`.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The size of a file in bytes; 0 where there is none.
    public static func byteCount(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The names in a folder, sorted by their bytes, without `.` and `..`.
    ///
    /// - Throws: ``FileError`` where there is no such folder.
    public static func names(in path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw FileError.last("list", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes a folder and those above it.
    ///
    /// - Throws: ``FileError`` where one cannot be made.
    public static func make(_ path: String) throws {
        if isFolder(path) { return }
        let above = parent(of: path)
        if above != path, !isFolder(above) { try make(above) }
        if mkdir(path, 0o755) != 0, errno != EEXIST { throw FileError.last("make folder", path) }
        if !isFolder(path) { throw FileError.system(path: path, action: "make folder", code: ENOTDIR) }
    }

    /// Removes a file, or a folder with all that is in it; what is not there is no error.
    ///
    /// - Throws: ``FileError`` where something does not go.
    public static func remove(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw FileError.last("remove", path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if unlink(path) != 0 { throw FileError.last("remove", path) }
            return
        }
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        if rmdir(path) != 0 { throw FileError.last("remove", path) }
    }

    /// The folder that holds `path`.
    public static func parent(of path: String) -> String {
        let bytes = Array(path.utf8)
        let end = bytes.lastIndex { $0 != UInt8(ascii: "/") } ?? bytes.startIndex
        guard let slash = bytes[..<end].lastIndex(of: UInt8(ascii: "/")) else {
            return bytes.first == 0x2f ? "/" : "."
        }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }

    /// The last component of `path`.
    public static func name(of path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(decoding: Array($0), as: UTF8.self) }
            ?? path
    }

    /// A free name in the folder of `path`, hidden, that says what it belongs to.
    static func besideName(_ path: String, mark: String = partialMark) -> String {
        while true {
            let number = serial.add(1, ordering: .relaxed).newValue
            let name = "\(parent(of: path))/.\(name(of: path))\(mark)\(getpid())-\(number)"
            // A killed process may have had this one's number: in a container it often does.
            if !exists(name) { return name }
        }
    }

    /// Makes a folder's entries durable.
    static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        // Some file systems cannot sync a folder and say EINVAL; the rename has happened all the same.
        if fsync(descriptor) != 0, errno != EINVAL { throw FileError.last("write", path) }
    }

    /// Makes every file below `path`, and the folders, durable.
    static func syncAll(_ path: String) throws {
        for name in try names(in: path) {
            let entry = "\(path)/\(name)"
            if isFolder(entry) { try syncAll(entry) } else { try sync(entry) }
        }
        try sync(path)
    }
}
