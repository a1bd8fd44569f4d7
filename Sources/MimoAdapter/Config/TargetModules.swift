/// Which modules an adapter changes (`target_modules`), or leaves alone (`exclude_modules`).
public enum TargetModules: Sendable, Equatable {
    /// Every linear layer of the decoder blocks, not the head.
    case allLinear
    /// Ends of paths: `q_proj`, or a whole path such as `model.layers.0.self_attn.q_proj`.
    case names([String])
    /// A regular expression for whole paths.
    case pattern(String)

    /// Reads one value of an option or a config: `all-linear`, a name, or a regular expression.
    ///
    /// A text of letters, digits, underscores and dots is a name: as an expression for whole paths, which is what
    /// PEFT takes it for, it could only match itself.
    public init(_ text: String) {
        if text.lowercased() == "all-linear" {
            self = .allLinear
        } else if text.utf8.allSatisfy(Self.isNameByte) {
            self = .names([text])
        } else {
            self = .pattern(text)
        }
    }

    /// The value in the words of a message.
    var text: String {
        switch self {
        case .allLinear: "all-linear"
        case .names(let names): "[\(names.joined(separator: ", "))]"
        case .pattern(let pattern): "\"\(pattern)\""
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// A ``TargetModules`` made ready to be asked.
struct TargetMatcher {
    private let targets: TargetModules
    private let pattern: PythonPattern?

    init(_ targets: TargetModules) throws {
        self.targets = targets
        if case .pattern(let text) = targets { pattern = try PythonPattern(text) } else { pattern = nil }
    }

    /// Whether a module is named by its whole path, which overrules a choice of layers.
    func namesWhole(_ path: String) -> Bool {
        if case .names(let names) = targets {
            names.contains { $0.utf8.elementsEqual(path.utf8) }
        } else {
            false
        }
    }

    func matches(_ path: String) -> Bool {
        switch targets {
        case .allLinear: true
        case .names(let names): names.contains { Self.isEnd($0, of: path) }
        case .pattern: pattern?.matches(path) ?? false
        }
    }

    /// Whether a path is this name or ends with it after a dot.
    static func isEnd(_ name: String, of path: String) -> Bool {
        let (name, path) = (Array(name.utf8), Array(path.utf8))
        guard path.count > name.count else { return path == name }
        return path.suffix(name.count).elementsEqual(name)
            && path[path.count - name.count - 1] == UInt8(ascii: ".")
    }
}
