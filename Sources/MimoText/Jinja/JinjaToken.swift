/// A token of a template.
struct JinjaToken {
    /// What stands there.
    enum Kind: Equatable {
        /// Text outside of tags, after white-space control.
        case text(String)
        /// `{%` and `%}`, with their white-space marks.
        case blockBegin, blockEnd
        /// `{{` and `}}`, with their white-space marks.
        case variableBegin, variableEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        case `operator`(String)
        /// The end of the template.
        case end
    }

    let kind: Kind
    /// The line that it begins on, from 1.
    let line: Int

    /// What stands there, in the words of an error message.
    var words: String {
        switch kind {
        case .text: "template text"
        case .blockBegin: "\"{%\""
        case .blockEnd: "\"%}\""
        case .variableBegin: "\"{{\""
        case .variableEnd: "\"}}\""
        case .name(let name): "\"\(name)\""
        case .string: "a string"
        case .integer, .float: "a number"
        case .operator(let symbol): "\"\(symbol)\""
        case .end: "the end of the template"
        }
    }
}
