internal import MimoFiles
public import MimoText

/// A chat in the terminal, without the terminal: what was said, and what each line that is typed means.
///
/// The commands are ms-swift's: `exit` and `quit`, `clear`, `reset-system`, `multi-line` (a line that ends with
/// `#` ends the input), `single-line`; and `adapter NAME` where there are several adapters.
public struct ChatSession: Sendable {
    /// What a line calls for.
    public enum Reaction: Sendable {
        /// More lines, or another one.
        case nothing
        /// Something to tell the user.
        case say(String)
        /// An answer to this conversation; tell it to ``ChatSession/answered(_:)``.
        case answer(Conversation)
        /// Another adapter.
        case useAdapter(String)
        /// The end.
        case leave
    }

    /// What is said to begin with.
    public static let help = """
        exit or quit: leave; clear: forget what was said; reset-system: another system prompt;
        multi-line: input of several lines, until one that ends with #; single-line: back.
        Ctrl-C stops an answer, Ctrl-D leaves.
        """

    /// The system prompt; nil for the template's own, empty for none.
    public private(set) var system: String?
    /// What was said since the beginning, the last `clear` or `reset-system`, without the system prompt.
    public private(set) var messages: [Message] = []
    /// Whether an input may have several lines.
    public private(set) var isMultiLine = false
    private var expectsSystem = false
    private var lines: [String] = []
    private let keepsHistory: Bool
    private let adapters: [String]

    /// A chat.
    ///
    /// - Parameters:
    ///   - system: The system prompt; nil for the template's own.
    ///   - keepsHistory: Whether answers know what was said before; not in raw completion.
    ///   - adapters: The names between which can be switched.
    public init(system: String? = nil, keepsHistory: Bool = true, adapters: [String] = []) {
        self.system = system
        self.keepsHistory = keepsHistory
        self.adapters = adapters
    }

    /// What invites the user to type, as ms-swift shows it.
    public var invitation: String {
        guard lines.isEmpty else { return "" }
        return switch (isMultiLine, expectsSystem) {
        case (false, false): "<<< "
        case (true, false): "<<<[M] "
        case (false, true): "<<<[S] "
        case (true, true): "<<<[MS] "
        }
    }

    /// Takes a line that was typed.
    public mutating func receive(_ line: String) -> Reaction {
        guard isMultiLine else { return interpret(line) }
        guard line.utf8Ends(with: "#") else {
            lines.append(line)
            return .nothing
        }
        defer { lines = [] }
        return interpret((lines + [String(line.dropLast())]).joined(separator: "\n"))
    }

    /// Takes the end of the input: what was typed of an input of several lines counts.
    public mutating func receiveEnd() -> Reaction {
        guard !lines.isEmpty else { return .leave }
        defer { lines = [] }
        return interpret(lines.joined(separator: "\n"))
    }

    /// Forgets the lines of an input that is not finished.
    public mutating func discardInput() {
        lines = []
    }

    /// Adds an answer to the conversation. An empty one withdraws the question.
    public mutating func answered(_ text: String) {
        if text.isEmpty { messages.removeLast() } else { messages.append(Message(.assistant, text)) }
    }

    /// What was said, the system prompt included.
    public var conversation: Conversation {
        Conversation((system.map { [Message(.system, $0)] } ?? []) + messages)
    }

    private mutating func interpret(_ input: String) -> Reaction {
        let command = input.trimmedLikePython.lowercased()
        if ["exit", "quit"].contains(command) { return .leave }
        if expectsSystem {
            expectsSystem = false
            system = command == "default-system" ? nil : input
            messages = []
            return .say("the system prompt is set; what was said is forgotten")
        }
        switch command {
        case "": return .nothing
        case "clear":
            messages = []
            return .say("what was said is forgotten")
        case "reset-system":
            expectsSystem = true
            return .say("give the new system prompt; default-system for the template's own")
        case "multi-line":
            isMultiLine = true
            return .say("end an input with #; single-line# switches back")
        case "single-line":
            isMultiLine = false
            return .nothing
        default: break
        }
        if adapters.count > 1, command.utf8Starts(with: "adapter ") { return useAdapter(input) }
        if !keepsHistory { messages = [] }
        messages.append(message(input))
        return .answer(conversation)
    }

    private mutating func useAdapter(_ input: String) -> Reaction {
        let name = input.trimmedLikePython.utf8Slice(
            "adapter ".utf8.count..<input.trimmedLikePython.utf8.count
        )
        .trimmedLikePython
        guard adapters.contains(where: { $0.isSame(as: name) }) else {
            return .say("there is no adapter \(name); there are \(adapters.joined(separator: ", "))")
        }
        messages = []
        return .useAdapter(name)
    }

    /// What tools say begins with `tool:`.
    private func message(_ input: String) -> Message {
        guard keepsHistory, input.utf8Starts(with: "tool:") else { return Message(.user, input) }
        return Message(.tool, input.utf8Slice("tool:".utf8.count..<input.utf8.count))
    }
}
