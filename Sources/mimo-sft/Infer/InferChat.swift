import ArgumentParser
import MimoFiles
import MimoInfer
import MimoModel
import MimoText
import MimoTrain

/// A chat in the terminal, or with a pipe: one line, one question.
struct InferChat {
    private let inference: InferenceRun
    private let isStreaming: Bool
    private let thinking: ShownAnswer.Thinking
    private let results: ResultFile?
    private var session: ChatSession
    private var generator: Generator
    private var turns: UInt64 = 0

    init(_ inference: InferenceRun, _ input: InferenceInput) throws {
        guard inference.tokenizer != nil, let model = inference.models.first else {
            throw InferError.noTokenizer(inference.checkpoint.directory)
        }
        self.inference = inference
        isStreaming = input.stream ?? true
        thinking = input.thinking
        results = try input.resultPath.map { try ResultFile(path: $0) }
        session = ChatSession(
            keepsHistory: inference.withoutTemplate == nil,
            adapters: inference.models.map(\.name)
        )
        generator = inference.generator(model.decoder, maxBatchSize: 1)
    }

    /// Talks until the user leaves.
    ///
    /// - Throws: `ExitCode` where Ctrl-C ended a chat with a pipe; what ends any further answer.
    mutating func run() throws {
        Interrupt.listen()
        if TypedLines.isTerminal { Console.note(greeting) }
        var lines = TypedLines()
        while true {
            if TypedLines.isTerminal { Console.piece(session.invitation) }
            let reaction: ChatSession.Reaction
            switch lines.next() {
            case .line(let line): reaction = session.receive(line)
            case .end:
                if TypedLines.isTerminal { Console.piece("\n") }
                reaction = session.receiveEnd()
            case .interrupted:
                guard TypedLines.isTerminal else { throw ExitCode(130) }
                session.discardInput()
                Console.piece("\n")
                Console.note("exit or Ctrl-D leaves")
                continue
            }
            switch reaction {
            case .nothing: break
            case .say(let text): Console.note(text)
            case .leave: return
            case .useAdapter(let name): use(name)
            case .answer(let conversation): try answer(conversation)
            }
        }
    }

    private var greeting: String {
        var lines = [
            inference.adapters.first.map { "\($0) on \(inference.checkpoint.directory)" }
                ?? inference.checkpoint.directory
        ]
        if let reason = inference.withoutTemplate {
            lines.append("raw completion: \(reason)")
        }
        lines.append(ChatSession.help)
        if inference.models.count > 1 {
            lines.append(
                "adapter NAME: another adapter, of \(inference.models.map(\.name).joined(separator: ", "))"
            )
        }
        return lines.joined(separator: "\n")
    }

    private mutating func use(_ name: String) {
        guard let model = inference.models.first(where: { $0.name.isSame(as: name) }) else { return }
        generator = inference.generator(model.decoder, maxBatchSize: 1)
        Console.note("now \(name); what was said is forgotten")
    }

    private mutating func answer(_ conversation: Conversation) throws {
        _ = Interrupt.take()
        let start = ContinuousClock.now
        var display = Display(isStreaming: isStreaming, thinking, inference.tokenizer)
        let generation: Generation
        do {
            let request = try inference.request(conversation, stream: turns)
            generation = try generator.generate(request, isStopped: { Interrupt.isPending }) {
                display.show($0)
            }
        } catch let error as InferError {
            // A question that cannot be answered is not the end of the chat.
            session.answered("")
            if case .brokenLogits = error { throw error }
            return Console.note("\(error)")
        } catch let error as ChatTemplateError {
            session.answered("")
            return Console.note("\(error)")
        }
        turns += 1
        display.finish()
        session.answered(generation.text)
        let wasStopped = Interrupt.take()
        if wasStopped, !TypedLines.isTerminal { throw ExitCode(130) }
        if Display.isTerminal { Console.note(Self.summary(generation, since: start)) }
        try results?.append(
            InferenceRow(["messages": .array(conversation.messages.map(\.json))])
                .result(generation, tokenizer: inference.tokenizer)
        )
    }

    private static func summary(_ generation: Generation, since start: ContinuousClock.Instant) -> String {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = Figure.fixed(Double(generation.ids.count) / max(seconds, 1e-9), 1)
        let reason =
            switch generation.finishReason {
            case .stop: ""
            case .length: ", cut at the greatest length"
            case .cancelled: ", stopped"
            }
        let drafts = generation.drafts.map { ", \($0.summary)" } ?? ""
        return "\u{1b}[2m\(generation.ids.count) tokens, \(rate) tokens/s\(drafts)\(reason)\u{1b}[0m"
    }
}

/// Shows an answer on standard output.
private struct Display {
    static let isTerminal = Console.isOutputTerminal
    private let isStreaming: Bool
    private var answer: ShownAnswer
    private var held = ""

    init(isStreaming: Bool, _ thinking: ShownAnswer.Thinking, _ tokenizer: Tokenizer?) {
        self.isStreaming = isStreaming
        answer = ShownAnswer(thinking: thinking, isTerminal: Self.isTerminal) {
            tokenizer?.encode($0).count ?? 0
        }
    }

    mutating func show(_ text: String) {
        put(answer.push(text))
    }

    mutating func finish() {
        put(answer.finish())
        Console.piece(held + "\n")
        held = ""
    }

    private mutating func put(_ text: String) {
        if isStreaming { Console.piece(text) } else { held += text }
    }
}

extension Message {
    /// The message as a row holds it.
    fileprivate var json: JSON {
        ["role": .string(role.rawValue), "content": content.map { .string($0) } ?? .null]
    }
}
