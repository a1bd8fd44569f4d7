/// Something about a row that can be used which may not be meant so.
public struct RowFinding: Sendable, Equatable {
    /// What kind of thing.
    public enum Kind: String, Sendable, CaseIterable, Codable {
        case byteOrderMark = "byte order mark"
        case carriageReturn = "carriage return at the line's end"
        case repeatedMember = "member named twice"
        case loneSurrogate = "lone surrogate"
        case replacementCharacter = "replacement character"
        case nul = "NUL character"
        case carriageReturnInText = "carriage return in the text"
        case controlToken = "control token in the text"
        case duplicate = "duplicate row"
        case emptyQuery = "empty query"
        case emptyResponse = "empty response"
        case noResponse = "no response"
        case unclosedThink = "unclosed think tag"
        case unopenedThink = "think tag closed but not opened"
        case nestedThink = "nested think tags"
        case textBeforeThink = "text before the think tag"
        case thinkOnly = "thinking without an answer"
        case placeholder = "placeholder left"
        case sameRoleTwice = "two messages of one role in a row"
        case assistantFirst = "the assistant speaks first"
        case earlierRounds = "earlier rounds left out of plain text"
        case whiteSpaceAtEnds = "white space around a response"
        case callWithoutTools = "tool call without tools"
        case unansweredCall = "tool call without a result"
        case masked = "every label is masked"
        case truncated = "truncated"
        case split = "split"
    }

    /// What kind of thing.
    public var kind: Kind
    /// What exactly, in words.
    public var message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
