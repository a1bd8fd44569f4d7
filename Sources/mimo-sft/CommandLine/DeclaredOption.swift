import ArgumentParser
import MimoFiles

/// What an `@Option` property says of itself: the one declaration that the parser, the help, run files and
/// `args.json` share.
struct DeclaredOption {
    /// The option's name without dashes in front, as the help shows it: `lora-rank`.
    let name: String
    /// How many words it takes.
    let shape: OptionShape
    /// Whether its value must not be written anywhere.
    let isSecret: Bool
    /// Whether the word `none` stands for not giving it.
    let takesNone: Bool
    /// Its value in the instance that was asked.
    let value: JSON

    /// The name as `args.json` and ms-swift spell it: `lora_rank`.
    var fieldName: String { name.replacing("-", with: "_") }
}

extension ParsableArguments {
    /// All options, those of the groups included, in the order of the help, with the values of this instance.
    var declaredOptions: [DeclaredOption] {
        Mirror(reflecting: self).children.flatMap { child -> [DeclaredOption] in
            switch child.value {
            case let option as any OptionDeclaration:
                [option.declared(as: Self.optionName(ofProperty: child.label ?? ""))]
            case let group as any OptionGroupDeclaration:
                group.members
            default:
                []
            }
        }
    }

    /// The options with their values, as `args.json` holds them.
    var optionFields: JSONObject {
        JSONObject(declaredOptions.filter { !$0.isSecret }.map { ($0.fieldName, $0.value) })
    }

    /// `_loraRank` becomes `lora-rank`, by the parser's own rule.
    private static func optionName(ofProperty label: String) -> String {
        var name = ""
        for character in label.drop(while: { $0 == "_" }) {
            name += character.isUppercase ? "-\(character.lowercased())" : String(character)
        }
        return name
    }
}

/// An `@Option`, whatever the type of its value.
private protocol OptionDeclaration {
    func declared(as name: String) -> DeclaredOption
}

extension Option: OptionDeclaration where Value: OptionValue {
    fileprivate func declared(as name: String) -> DeclaredOption {
        DeclaredOption(
            name: name,
            shape: Value.shape,
            isSecret: Value.isSecret,
            takesNone: Value.takesNone,
            value: wrappedValue.json
        )
    }
}

/// An `@OptionGroup`, whatever its type.
private protocol OptionGroupDeclaration {
    var members: [DeclaredOption] { get }
}

extension OptionGroup: OptionGroupDeclaration {
    fileprivate var members: [DeclaredOption] { wrappedValue.declaredOptions }
}
