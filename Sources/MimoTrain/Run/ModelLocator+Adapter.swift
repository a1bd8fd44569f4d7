import MimoAdapter
public import MimoModel

extension ModelLocator {
    /// The folder of the model that an adapter was made for.
    ///
    /// - Parameters:
    ///   - adapter: The adapter's folder.
    ///   - model: The model's name where the user gives one; else `args.json` beside the adapter is asked, then
    ///     its adapter_config.json.
    /// - Returns: The model's folder.
    /// - Throws: ``MimoModel/ModelError`` where none of them says, or what they say is not there.
    public func base(ofAdapter adapter: String, named model: String?) throws -> String {
        if let model { return try directory(for: model) }
        let record = try RunArguments(besideAdapter: adapter)
        let recorded = try record?.text("model") ?? Adapter.baseModel(in: adapter)
        guard let recorded else {
            throw ModelError.unreadable(
                path: adapter,
                reason: "does not say what its base model is; name it with --model"
            )
        }
        guard let folder = try? directory(for: recorded) else {
            throw ModelError.unreadable(
                path: adapter,
                reason: "its base model \(recorded) is not there; name it with --model"
            )
        }
        return folder
    }
}
