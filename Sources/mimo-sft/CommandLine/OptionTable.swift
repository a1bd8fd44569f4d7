import ArgumentParser

/// The options of one command by name.
struct OptionTable {
    private let options: [String: DeclaredOption]

    /// The options that a command declares.
    init(_ command: any ParsableCommand.Type) throws {
        var options: [String: DeclaredOption] = [:]
        for option in try command.parse([]).declaredOptions { options[option.name] = option }
        self.options = options
    }

    /// What a name on the command line or in a run file means.
    enum Meaning {
        case known(DeclaredOption)
        /// One that changes nothing here, with the reason.
        case foreign(String)
    }

    /// The option of a name in the help's spelling.
    subscript(name: String) -> DeclaredOption? { options[name] }

    /// What an option means that the user spelled so, in kebab or snake case, under its own or an older name.
    ///
    /// - Throws: ``UsageError`` with the nearest name.
    func meaning(of spelled: String, place: String = "", dashes: String = "--") throws -> Meaning {
        let name = spelled.replacing("_", with: "-")
        if let option = options[Self.olderNames[name] ?? name] ?? options[name] { return .known(option) }
        if let reason = ForeignOptions.reason(for: name) { return .foreign(reason) }
        let names =
            Array(options.keys) + Self.olderNames.keys.filter { options[Self.olderNames[$0] ?? ""] != nil }
        throw UsageError.unknownOption(spelled, in: names, place: place, dashes: dashes)
    }

    /// Older and other names of options.
    static let olderNames = [
        "train-type": "tuner-type", "sft-type": "tuner-type", "ckpt-dir": "adapters",
        "model-id-or-path": "model", "template-type": "template", "lora-target-modules": "target-modules",
        "lora-dropout-p": "lora-dropout", "batch-size": "per-device-train-batch-size",
        "train-dataset": "dataset", "evaluation-strategy": "eval-strategy",
    ]

    /// The truth value that a word means, or nil.
    static func truthValue(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "true", "yes", "1": true
        case "false", "no", "0": false
        default: nil
        }
    }
}
