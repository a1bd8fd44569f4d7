#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import MimoFiles

/// Finds the folder of a model that is named as users name it: by a path, or by its id on a hub, if a tool of
/// that hub has downloaded it before.
public struct ModelLocator: Sendable {
    private let environment: @Sendable (String) -> String?

    /// A locator that looks where the environment's variables say (`HF_HUB_CACHE`, `HF_HOME`, `MODELSCOPE_CACHE`, …);
    /// empty ones count as unset.
    public init(environment: @escaping @Sendable (String) -> String? = Self.processVariable) {
        self.environment = environment
    }

    /// A variable of this process's environment.
    @Sendable public static func processVariable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The folder of a model.
    ///
    /// A folder of that path comes first, then the caches of Hugging Face and ModelScope.
    ///
    /// - Parameters:
    ///   - name: a path (`~` is the home folder) or an id such as `XiaomiMiMo/MiMo-7B-RL`.
    ///   - revision: a branch, tag or commit of Hugging Face's; nil is the main branch.
    /// - Returns: a path; whether the folder holds a whole model shows when it is opened.
    /// - Throws: ``ModelError/modelNotFound(name:searched:)``, which says what to download.
    public func directory(for name: String, revision: String? = nil) throws -> String {
        let path = name.hasPrefix("~/") ? (variable("HOME") ?? "~") + name.dropFirst() : name
        if Folder.isFolder(path) { return path }
        guard Self.isHubID(name) else { throw ModelError.modelNotFound(name: name, searched: []) }
        if let found = huggingFaceSnapshot(of: name, revision: revision) { return found }
        for folder in modelScopeFolders(of: name) where Self.holdsModel(folder) { return folder }
        throw ModelError.modelNotFound(name: name, searched: [huggingFaceCache, modelScopeCache])
    }

    /// Whether a name may be `ORG/NAME` or `NAME` of a hub, rather than a path.
    static func isHubID(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                !part.isEmpty && part.first != "." && part.first != "-" && part.first != "~"
                    && part.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                            UInt8(ascii: "."):
                            true
                        default: false
                        }
                    }
            }
    }

    // MARK: Hugging Face: CACHE/models--ORG--NAME/{refs/BRANCH, snapshots/COMMIT/}

    private var huggingFaceCache: String {
        if let cache = variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") { return cache }
        if let home = variable("HF_HOME") { return "\(home)/hub" }
        return "\(cacheHome)/huggingface/hub"
    }

    private func huggingFaceSnapshot(of id: String, revision: String?) -> String? {
        let model = "\(huggingFaceCache)/models--" + id.split(separator: "/").joined(separator: "--")
        let wanted = revision ?? "main"
        guard !wanted.split(separator: "/").contains("..") else { return nil }
        let commit = Self.firstLine(of: "\(model)/refs/\(wanted)") ?? wanted
        let snapshot = "\(model)/snapshots/\(commit)"
        if ModelFolder.isPlainName(commit), Self.holdsModel(snapshot) { return snapshot }
        // Without a note of the main branch any one snapshot is as good; more than one would be a guess.
        guard revision == nil, let snapshots = try? Folder.names(in: "\(model)/snapshots") else { return nil }
        let whole = snapshots.map { "\(model)/snapshots/\($0)" }.filter(Self.holdsModel)
        return whole.count == 1 ? whole.first : nil
    }

    // MARK: ModelScope: CACHE/models/ORG/NAME/, with ___ for the dots of names in some versions

    private var modelScopeCache: String {
        variable("MODELSCOPE_CACHE") ?? "\(home)/.cache/modelscope/hub"
    }

    private func modelScopeFolders(of id: String) -> [String] {
        let written = [
            id, id.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "___"),
        ]
        return ["/models", "/hub/models", "", "/hub"].flatMap { place in
            written.map { "\(modelScopeCache)\(place)/\($0)" }
        }
    }

    private var home: String { variable("HOME") ?? "." }
    private var cacheHome: String { variable("XDG_CACHE_HOME") ?? "\(home)/.cache" }

    private func variable(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func holdsModel(_ path: String) -> Bool { Folder.exists("\(path)/config.json") }

    private static func firstLine(of path: String) -> String? {
        guard let block = try? FileBlocks(path: path).nextBlock() else { return nil }
        let line = block.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
