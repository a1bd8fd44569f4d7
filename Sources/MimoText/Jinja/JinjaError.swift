/// Why a template cannot be read or rendered.
public struct JinjaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of error it is, by the name that Jinja or Python has for it.
    public enum Kind: String, Sendable {
        /// The template does not parse.
        case syntax = "TemplateSyntaxError"
        /// The template itself refused its input, with `raise_exception`.
        case raised = "TemplateError"
        /// Something that is not there was used.
        case undefined = "UndefinedError"
        /// An operation does not fit its operands.
        case type = "TypeError"
        /// A value is out of what an operation takes.
        case value = "ValueError"
        /// The template tried to change a value that it was given.
        case security = "SecurityError"
        /// The template ran longer, deeper or wider than ``JinjaLimits`` allow.
        case limit = "limit exceeded"
    }

    /// What kind of error it is.
    public let kind: Kind
    /// What went wrong; for ``Kind/raised`` the template's own words.
    public let message: String
    /// The line of the template, from 1, where it is known.
    public internal(set) var line: Int?

    init(_ kind: Kind, _ message: String, line: Int? = nil) {
        self.kind = kind
        self.message = message
        self.line = line
    }

    /// One line: where, what kind, and the message.
    public var description: String {
        let place = line.map { "template line \($0): " } ?? ""
        return "\(place)\(kind.rawValue): \(message)"
    }
}
