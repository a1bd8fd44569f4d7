import ArgumentParser
import MimoFiles
import MimoModel
import MimoText

/// `mimo-sft data tokenize`: the tokenizer alone.
struct DataTokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turn lines of {\"text\": …} into lines of {\"ids\": […]}, or back.",
        discussion: "Reads standard input and writes standard output, a line for each line."
    )

    @Option(help: .taking("model", "The model whose tokenizer is used: its folder, or its id in a cache."))
    var model: String?

    @Option(help: .taking("bool", "Turn {\"ids\": […]} into {\"text\": …}."))
    var decode = false

    @Option(help: .taking("bool", "Whether control tokens spelled out in the text become control tokens."))
    var parseSpecial = true

    func run() throws {
        let tokenizer = try Tokenizer(
            directory: ModelLocator().directory(for: model ?? StarterModel.folder())
        )
        try StandardInput.forEachObject { object in
            guard decode else {
                guard let text = object["text"]?.stringValue else {
                    throw StandardInput.expected("\"text\", a string")
                }
                let ids = tokenizer.encode(text, parsingSpecial: parseSpecial)
                return ["ids": .array(ids.map { .int(Int64($0)) })]
            }
            guard let values = object["ids"]?.arrayValue else {
                throw StandardInput.expected("\"ids\", an array")
            }
            let ids = try values.map { value in
                guard let id = value.intValue.flatMap(Int32.init(exactly:)), tokenizer.bytes(of: id) != nil
                else {
                    throw StandardInput.expected("ids of the tokenizer, found \(value.text())")
                }
                return id
            }
            return ["text": .string(tokenizer.decode(ids))]
        }
    }
}

/// `mimo-sft data render`: a template alone.
struct DataRender: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Turn lines of a template's context into lines of {\"text\": …}.",
        discussion: """
            The context of a Jinja file is what its variables are: {"messages": […], "add_generation_prompt": true}. \
            A built-in template takes a row; "add_generation_prompt" leaves the answer open.
            """
    )

    @Option(help: .taking("template", "A Jinja file, or the name of a built-in template."))
    var template: String?

    @Option(
        help: .taking("model", "The model whose tokenizer a built-in template may ask for its end tokens.")
    )
    var model: String?

    func run() throws {
        guard let template else {
            throw UsageError("--template is missing; expected a Jinja file or the name of a template")
        }
        if Folder.exists(template), !Folder.isFolder(template) {
            let jinja = try JinjaTemplate(try StandardInput.text(of: template))
            try StandardInput.forEachObject { ["text": .string(try jinja.render($0))] }
            return
        }
        let tokenizer = try model.map { try Tokenizer(directory: ModelLocator().directory(for: $0)) }
        let tokens = tokenizer.map { BoundaryTokens($0) } ?? BoundaryTokens()
        let rounds = try RoundTemplate(named: template, tokens: tokens)
        try StandardInput.forEachObject { object in
            let isOpen = object["add_generation_prompt"]?.boolValue ?? false
            let segments = try rounds.segments(
                of: Conversation(row: .object(object)),
                for: isOpen ? .generation : .training(lastRoundOnly: false)
            )
            let texts = segments.map { segment in
                switch segment.content {
                case .text(let text): text
                case .ids(let ids): tokenizer?.decode(ids) ?? ""
                }
            }
            return ["text": .string(texts.joined())]
        }
    }
}

/// JSON lines from standard input, answered line by line.
enum StandardInput {
    /// Answers each line's object by a line; blank lines are passed over.
    ///
    /// - Throws: ``InputError`` for the first line that is wrong.
    static func forEachObject(_ answer: (JSONObject) throws -> JSON) throws {
        let reader = try LineReader(path: "/dev/stdin")
        while let line = try reader.next() {
            guard !line.isBlank else { continue }
            do {
                guard let object = try JSON(parsing: line.bytes).objectValue else {
                    throw expected("a JSON object")
                }
                Console.result(try answer(object).text())
            } catch {
                throw InputError(line: line.number, reason: "\(error)")
            }
        }
    }

    /// The text of a file.
    ///
    /// - Throws: `FileError` where it cannot be read or is not UTF-8.
    static func text(of path: String) throws -> String {
        let file = try FileBlocks(path: path)
        var bytes: [UInt8] = []
        while let block = try file.nextBlock() { bytes += block }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileError.damaged(path: path, reason: "not UTF-8")
        }
        return text
    }

    /// What a line should have held.
    static func expected(_ what: String) -> UsageError { UsageError("expected \(what)") }
}

/// A line of standard input that cannot be answered.
struct InputError: Error, CustomStringConvertible {
    let line: Int
    let reason: String

    var description: String { "standard input:\(line): \(reason)" }
}
