import ArgumentParser

/// A command line as users of ms-swift write it, brought into the one form that the parser reads: every option
/// spelled as in the help and joined to its value, `--lora-rank=8`.
struct ArgumentLine {
    /// The words for the parser.
    private(set) var arguments: [String] = []
    /// What the user is to be told: options that change nothing.
    private(set) var notes: [String] = []

    /// Brings a command line into form.
    ///
    /// - Parameters:
    ///   - words: the words behind the program's name.
    ///   - root: the program's command.
    /// - Throws: ``UsageError``, or `FileError` where a run file cannot be read.
    init(_ words: [String], for root: any ParsableCommand.Type) throws {
        var rest = words[...]
        var command = root
        while let next = command.subcommand(named: rest.first) {
            arguments.append(rest.removeFirst())
            command = next
        }
        if let first = rest.first {
            if first == "help" || Self.asksForHelp(first) {
                arguments += rest
                return
            }
            let isCommand = !command.configuration.subcommands.isEmpty && !first.hasPrefix("-")
            if isCommand, command != root || !RunFile.isNamed(first) {
                throw Self.unknownCommand(first, of: command)
            }
        }
        if let fallback = command.configuration.defaultSubcommand {
            arguments.append(fallback._commandName)
            command = fallback
        }
        let options = try OptionTable(command)
        let given = try read(rest, options)
        if let path = given.runFile {
            let fromFile = try RunFile(path: path, options: options)
            notes = fromFile.notes + notes
            // A list on the command line takes the place of the file's, so that it wins like any other value.
            arguments += fromFile.settings.filter { setting in
                options[setting.name]?.shape != .list || !given.settings.contains { $0.name == setting.name }
            }.flatMap(\.words)
        }
        arguments += given.settings.flatMap(\.words) + given.others
    }

    /// An option with its value, in the help's spelling.
    struct Setting: Equatable {
        let name: String
        /// Nil where the value is missing, of which the parser will complain.
        let value: String?

        /// The option and its value in one word, so that a value may begin with a dash; the parser wants an
        /// empty one by itself.
        var words: [String] {
            guard let value else { return ["--\(name)"] }
            return value.isEmpty ? ["--\(name)", ""] : ["--\(name)=\(value)"]
        }
    }

    private struct Given {
        var runFile: String?
        var settings: [Setting] = []
        var others: [String] = []
    }

    private mutating func read(_ rest: ArraySlice<String>, _ options: OptionTable) throws -> Given {
        var rest = rest
        var given = Given()
        if let first = rest.first, RunFile.isNamed(first) { given.runFile = rest.removeFirst() }
        var last = ""
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { throw Self.stray(word, behind: last, options) }
            last = word
            guard word.hasPrefix("--"), !Self.asksForHelp(word) else {
                given.others.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let spelled = String(parts.first ?? "")
            var values = parts.count > 1 ? [String(parts[1])] : []
            switch try options.meaning(of: spelled) {
            case .foreign(let reason):
                if values.isEmpty { rest = rest.drop { !$0.hasPrefix("--") } }
                notes.append("--\(spelled) \(reason)")
            case .known(let option):
                if values.isEmpty { values = Self.takeValues(of: option, from: &rest) }
                // A list that is given again takes the place of the first, as with argparse and so ms-swift.
                if option.shape == .list, given.settings.contains(where: { $0.name == option.name }) {
                    notes.append("--\(spelled) is given twice; what was given last counts")
                    given.settings.removeAll { $0.name == option.name }
                }
                given.settings += Self.settings(of: option, values)
            }
        }
        return given
    }

    /// The words that belong to an option that stands before them.
    private static func takeValues(of option: DeclaredOption, from rest: inout ArraySlice<String>) -> [String]
    {
        switch option.shape {
        case .boolean:
            guard let next = rest.first, OptionTable.truthValue(next) != nil else { return ["true"] }
            return [rest.removeFirst()]
        case .single:
            guard let next = rest.first, !next.hasPrefix("--") else { return [] }
            return [rest.removeFirst()]
        case .list:
            let values = rest.prefix { !$0.hasPrefix("--") }
            rest = rest.dropFirst(values.count)
            return Array(values)
        }
    }

    /// An option's values as the parser reads them: a list is the option repeated.
    static func settings(of option: DeclaredOption, _ values: [String]) -> [Setting] {
        if values.isEmpty { return [Setting(name: option.name, value: nil)] }
        return values.compactMap { value in
            if option.takesNone, ["none", "null"].contains(value.lowercased()) { return nil }
            let truth = option.shape == .boolean ? OptionTable.truthValue(value) : nil
            return Setting(name: option.name, value: truth.map(String.init) ?? value)
        }
    }

    /// A word that belongs to no option.
    private static func stray(_ word: String, behind last: String, _ options: OptionTable) -> UsageError {
        let name = String(last.drop { $0 == "-" })
        if case .known(let option) = try? options.meaning(of: name), option.shape == .boolean {
            return UsageError("\(last) is \(word); expected true or false")
        }
        return UsageError(
            "unexpected word \(word); expected an option, or first a .yaml or .json file of options"
        )
    }

    private static func asksForHelp(_ word: String) -> Bool {
        ["-h", "--help", "--help-hidden", "--version", "--generate-completion-script"].contains { word == $0 }
            || word.hasPrefix("--generate-completion-script=")
    }

    private static func unknownCommand(_ name: String, of command: any ParsableCommand.Type) -> UsageError {
        let names = command.configuration.subcommands.map { $0._commandName }
        let advice = Spelling.nearest(to: name, in: names).map { "did you mean \($0)?" }
        return UsageError(
            "there is no command \(name); " + (advice ?? "expected one of \(names.joined(separator: ", "))")
        )
    }
}

extension ParsableCommand {
    fileprivate static func subcommand(named name: String?) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0._commandName == name }
    }
}
