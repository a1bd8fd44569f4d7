import MimoTestSupport
import MimoText
import Testing

@testable import MimoInfer

@Suite struct ChatSessionTests {
    static func texts(_ conversation: Conversation) -> [String] {
        conversation.messages.map { "\($0.role.rawValue): \($0.content ?? "")" }
    }

    /// What a line leads to, in a word.
    static func react(_ session: inout ChatSession, _ line: String) -> String {
        describe(session.receive(line))
    }

    static func describe(_ reaction: ChatSession.Reaction) -> String {
        switch reaction {
        case .nothing: "nothing"
        case .say(let text): "say \(text)"
        case .answer(let conversation): texts(conversation).joined(separator: " | ")
        case .useAdapter(let name): "adapter \(name)"
        case .leave: "leave"
        }
    }

    @Test("Questions and answers make up the conversation")
    func turns() {
        var session = ChatSession(system: "Be brief.")
        #expect(session.invitation == "<<< ")
        #expect(Self.react(&session, "Hi") == "system: Be brief. | user: Hi")
        session.answered("Hello.")
        #expect(
            Self.react(&session, "Bye") == "system: Be brief. | user: Hi | assistant: Hello. | user: Bye"
        )
        session.answered("")
        #expect(
            Self.react(&session, "tool:42") == "system: Be brief. | user: Hi | assistant: Hello. | tool: 42"
        )
    }

    @Test("Commands do what they say, whatever their case", arguments: ["exit", "QUIT", "  Exit "])
    func leave(word: String) {
        var session = ChatSession()
        #expect(Self.react(&session, word) == "leave")
    }

    @Test("Clear forgets what was said, and an empty line does nothing")
    func clear() {
        var session = ChatSession()
        _ = session.receive("Hi")
        session.answered("Hello.")
        #expect(Self.react(&session, "Clear").hasPrefix("say "))
        #expect(Self.react(&session, "") == "nothing")
        #expect(Self.react(&session, "Again") == "user: Again")
    }

    @Test("The system prompt can be set, emptied and given back to the template")
    func system() {
        var session = ChatSession(system: "old")
        #expect(Self.react(&session, "reset-system").hasPrefix("say "))
        #expect(session.invitation == "<<<[S] ")
        #expect(Self.react(&session, "new").hasPrefix("say "))
        #expect(Self.react(&session, "Hi") == "system: new | user: Hi")
        _ = session.receive("reset-system")
        _ = session.receive("")
        #expect(Self.react(&session, "Hi") == "system:  | user: Hi")
        _ = session.receive("reset-system")
        _ = session.receive("default-system")
        #expect(Self.react(&session, "Hi") == "user: Hi")
    }

    @Test("Several lines are one input up to the #")
    func lines() {
        var session = ChatSession()
        _ = session.receive("multi-line")
        #expect(session.invitation == "<<<[M] ")
        #expect(Self.react(&session, "one") == "nothing")
        #expect(session.invitation == "")
        #expect(Self.react(&session, "two") == "nothing")
        #expect(Self.react(&session, "three#") == "user: one\ntwo\nthree")
        session.answered("")
        #expect(Self.react(&session, "lost") == "nothing")
        session.discardInput()
        #expect(Self.react(&session, "single-line#") == "nothing")
        #expect(session.invitation == "<<< ")
        #expect(Self.react(&session, "a#") == "user: a#")
    }

    @Test("The end of the input sends what was typed, then leaves")
    func end() {
        var session = ChatSession()
        _ = session.receive("multi-line")
        _ = session.receive("half")
        #expect(Self.describe(session.receiveEnd()) == "user: half")
        #expect(Self.describe(session.receiveEnd()) == "leave")
    }

    @Test("Raw completion knows nothing of what was said before")
    func completion() {
        var session = ChatSession(keepsHistory: false)
        _ = session.receive("Today is")
        session.answered(" Monday")
        #expect(Self.react(&session, "tool:Tomorrow") == "user: tool:Tomorrow")
    }

    @Test("Adapters are switched by name where there are several")
    func adapters() {
        var session = ChatSession(adapters: ["one", "two"])
        _ = session.receive("Hi")
        session.answered("Hello.")
        #expect(Self.react(&session, "adapter two") == "adapter two")
        #expect(Self.react(&session, "adapter three").hasPrefix("say there is no adapter three"))
        #expect(Self.react(&session, "Hi") == "user: Hi")
        var single = ChatSession(adapters: ["one"])
        #expect(Self.react(&single, "adapter two") == "user: adapter two")
    }
}
