import MimoAdapter
import MimoFiles
import MimoModel

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Finds a model's folder: a path, or the id of one that the Hugging Face or ModelScope tools have downloaded.
public enum ModelLocator {
    /// The folder of a model.
    ///
    /// - Parameters:
    ///   - model: a folder, or an id such as `XiaomiMiMo/MiMo-7B-RL`.
    ///   - environment: the value of a variable of the environment.
    /// - Returns: a folder, or `model` itself where it can only be a path.
    /// - Throws: ``MimoModel/ModelError/modelNotFound(name:searched:)`` for an id that is in no cache.
    public static func folder(
        of model: String,
        environment: (String) -> String? = ModelLocator.variable
    ) throws -> String {
        let parts = model.split(separator: "/", omittingEmptySubsequences: false)
        if Folder.exists(model) || parts.count != 2
            || parts.contains(where: { $0.isEmpty || $0.hasPrefix(".") })
        {
            return model
        }
        let hub = huggingFaceCache(environment)
        let scope = modelScopeCache(environment)
        if let found = snapshot(in: "\(hub)/models--\(parts[0])--\(parts[1])") { return found }
        // ModelScope's tools spell a dot in a folder's name as three underscores.
        let names = [
            model,
            "\(parts[0])/\(parts[1].split(separator: ".", omittingEmptySubsequences: false).joined(separator: "___"))",
        ]
        for folder in ["\(scope)/hub/models", "\(scope)/models", "\(scope)/hub"] {
            for name in names where Folder.exists("\(folder)/\(name)/config.json") {
                return "\(folder)/\(name)"
            }
        }
        throw ModelError.modelNotFound(name: model, searched: [hub, scope])
    }

    /// The folder of the model that an adapter was made for.
    ///
    /// - Parameters:
    ///   - adapter: The adapter's folder.
    ///   - model: The model's name where the user gives one; else `args.json` beside the adapter is asked, then
    ///     its adapter_config.json.
    /// - Returns: The model's folder.
    /// - Throws: ``MimoModel/ModelError`` where none of them says, or what they say is not there.
    public static func base(ofAdapter adapter: String, named model: String?) throws -> String {
        let known = try model ?? RunArguments(besideAdapter: adapter)?.text("model")
        if let name = try known ?? LoRAConfig(directory: adapter).baseModel { return try folder(of: name) }
        throw ModelError.unreadable(
            path: adapter,
            reason: "does not say what its base model is; name it with --model"
        )
    }

    /// A variable of this process's environment; nil where it is empty.
    public static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func huggingFaceCache(_ environment: (String) -> String?) -> String {
        environment("HF_HUB_CACHE") ?? environment("HUGGINGFACE_HUB_CACHE")
            ?? environment("HF_HOME").map { "\($0)/hub" }
            ?? "\(environment("XDG_CACHE_HOME") ?? "\(environment("HOME") ?? "~")/.cache")/huggingface/hub"
    }

    private static func modelScopeCache(_ environment: (String) -> String?) -> String {
        environment("MODELSCOPE_CACHE") ?? "\(environment("HOME") ?? "~")/.cache/modelscope"
    }

    /// The snapshot that the branch `main` names, else the last one by name.
    private static func snapshot(in folder: String) -> String? {
        let snapshots = "\(folder)/snapshots"
        let reader = try? LineReader(path: "\(folder)/refs/main")
        if let line = try? reader?.next() {
            let main = "\(snapshots)/\(String(decoding: line.bytes, as: UTF8.self).trimmedLikePython)"
            if Folder.exists("\(main)/config.json") { return main }
        }
        return (try? Folder.names(in: snapshots))?.last { Folder.exists("\(snapshots)/\($0)/config.json") }
            .map { "\(snapshots)/\($0)" }
    }
}
