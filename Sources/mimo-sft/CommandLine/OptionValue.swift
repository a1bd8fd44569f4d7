import ArgumentParser
import MimoFiles

/// How many words follow an option on the command line.
enum OptionShape: Sendable {
    /// One.
    case single
    /// One or more.
    case list
    /// `true`, `false`, or none, which means `true`.
    case boolean
}

/// A type that an option can have: besides reading it from text, which is the parser's business, it is written
/// to `args.json`.
protocol OptionValue {
    /// How many words the option takes.
    static var shape: OptionShape { get }
    /// Whether the value must not be written anywhere.
    static var isSecret: Bool { get }
    /// Whether the word `none` stands for not giving the option.
    static var takesNone: Bool { get }
    /// The value as `args.json` holds it.
    var json: JSON { get }
}

extension OptionValue {
    static var shape: OptionShape { .single }
    static var isSecret: Bool { false }
    static var takesNone: Bool { false }
}

extension OptionValue where Self: RawRepresentable, RawValue == String {
    var json: JSON { .string(rawValue) }
}

extension String: OptionValue {
    var json: JSON { .string(self) }
}

extension Int: OptionValue {
    var json: JSON { .int(Int64(self)) }
}

extension UInt64: OptionValue {
    var json: JSON { Int64(exactly: self).map { .int($0) } ?? .string(String(self)) }
}

extension Double: OptionValue {
    var json: JSON { .number(self) }
}

extension JSON {
    /// A number, without a fraction where it has none: ms-swift's whole numbers may be fractions here.
    static func number(_ value: Double) -> JSON {
        Int64(exactly: value).map { .int($0) } ?? .double(value)
    }
}

extension Bool: OptionValue {
    static var shape: OptionShape { .boolean }
    var json: JSON { .bool(self) }
}

extension Optional: OptionValue where Wrapped: OptionValue {
    static var shape: OptionShape { Wrapped.shape }
    static var isSecret: Bool { Wrapped.isSecret }
    // A text may well be the word "none".
    static var takesNone: Bool { Wrapped.self != String.self }
    var json: JSON { map(\.json) ?? .null }
}

extension Array: OptionValue where Element: OptionValue {
    static var shape: OptionShape { .list }
    static var isSecret: Bool { Element.isSecret }
    var json: JSON { .array(map(\.json)) }
}

/// A text that is written nowhere, such as the token of a hub.
struct Secret: OptionValue, ExpressibleByArgument, Sendable {
    static var isSecret: Bool { true }
    let text: String
    var json: JSON { .null }

    init(argument: String) { text = argument }
}
