import MimoFiles

// What the small parts of the file say that the stages are.

extension TokenizerFile {
    func normalizer(_ value: JSON) throws -> Normalizer {
        if value.isNull { return Normalizer() }
        let parts = Self.parts(of: value, "normalizers")
        let kinds = parts.map { $0["type"]?.stringValue ?? "" }
        switch kinds {
        case ["Prepend", "Replace"] where isSpaceMark(parts[0]["prepend"]) && marksSpaces(parts[1]):
            return Normalizer(spaces: SpaceMarker(front: .always))
        case ["Replace"] where marksSpaces(parts[0]): return Normalizer(spaces: SpaceMarker(front: .never))
        default:
            if let other = zip(kinds, parts).first(where: { $0.0 != "NFC" }) {
                throw unsupported("normalizer", other.1)
            }
            return Normalizer(composes: !kinds.isEmpty)
        }
    }

    private func isSpaceMark(_ value: JSON?) -> Bool {
        value?.stringValue?.isSame(as: SpaceMarker.text) ?? false
    }

    private func marksSpaces(_ replace: JSON) -> Bool {
        replace["pattern"]?["String"]?.stringValue == " " && isSpaceMark(replace["content"])
    }

    func preTokenizer(_ value: JSON) throws -> PreTokenizer {
        if value.isNull { return PreTokenizer(stages: []) }
        let parts = Self.parts(of: value, "pretokenizers")
        var stages: [PreTokenizer.Stage] = []
        for (position, part) in parts.enumerated() {
            switch part["type"]?.stringValue {
            case "Digits" where part["individual_digits"]?.boolValue == true:
                stages.append(.digits)
            case "Split":
                stages.append(try splitStage(part))
            case "ByteLevel" where part["add_prefix_space"]?.boolValue != true && position == parts.count - 1:
                if part["use_regex"]?.boolValue ?? true { stages.append(.gpt2) }
            case "Metaspace" where parts.count == 1 && isSpaceMark(part["replacement"]):
                let splits = part["split"]?.boolValue ?? true
                return PreTokenizer(
                    stages: splits ? [.spaceMarks] : [],
                    spaces: SpaceMarker(front: try metaspaceFront(part))
                )
            default: throw unsupported("pre_tokenizer", part)
            }
        }
        return PreTokenizer(stages: stages)
    }

    /// Where `Metaspace` puts a mark in front; older files say it by a truth value.
    private func metaspaceFront(_ part: JSON) throws -> SpaceMarker.Front {
        switch part["prepend_scheme"]?.stringValue {
        case "always": return .unlessMarked
        case "first": return .unlessMarkedAtBeginning
        case "never": return .never
        case nil: return part["add_prefix_space"]?.boolValue ?? true ? .unlessMarked : .never
        default: throw unsupported("pre_tokenizer", part)
        }
    }

    private func splitStage(_ part: JSON) throws -> PreTokenizer.Stage {
        guard let pattern = part["pattern"]?["Regex"]?.stringValue,
            let stage = PreTokenizer.stage(forPattern: pattern)
        else { throw unsupported("pre_tokenizer pattern", part["pattern"] ?? part) }
        // The known patterns leave nothing unmatched, so matches alone are the same as matches isolated.
        let inverted = part["invert"]?.boolValue ?? false
        switch part["behavior"]?.stringValue {
        case "Isolated": return stage
        case "Removed" where inverted: return stage
        default: throw unsupported("pre_tokenizer", part)
        }
    }

    /// What the decoder takes tokens for.
    mutating func decoder(_ value: JSON) throws -> Vocabulary.Spelling {
        let parts = Self.parts(of: value, "decoders")
        switch parts.map({ $0["type"]?.stringValue ?? "" }) {
        case ["ByteLevel"]: return .bytes
        case ["Replace", "ByteFallback", "Fuse"] where unmarksSpaces(parts[0]): return .text
        case ["Replace", "ByteFallback", "Fuse", "Strip"]
        where unmarksSpaces(parts[0]) && parts[3]["content"]?.stringValue == " "
            && parts[3]["start"]?.intValue == 1 && parts[3]["stop"]?.intValue == 0:
            stripsLeadingSpace = true
            return .text
        default: throw unsupported("decoder", value)
        }
    }

    private func unmarksSpaces(_ replace: JSON) -> Bool {
        isSpaceMark(replace["pattern"]?["String"]) && replace["content"]?.stringValue == " "
    }
}
