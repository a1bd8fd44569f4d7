internal import MimoFiles
internal import MimoText

/// Samples on disk, tokenized once and used many times (`--cached_dataset`).
///
/// A folder with `cache.json`, which says what the samples were made with, and `samples.zst`, which zstd
/// checksums. It is refused where the tokenizer, the template or an option of encoding has changed since.
public enum SampleCache {
    private static let version = 1

    /// Writes a set; the folder appears when it is complete.
    ///
    /// - Parameters:
    ///   - set: the samples, written in their order.
    ///   - fingerprint: what they were made with, see ``RowEncoder/fingerprint``.
    ///   - path: the folder, which gives way where it exists.
    /// - Throws: ``FileError`` where the disk does not take it.
    public static func write(_ set: SampleSet, fingerprint: String, to path: String) throws {
        let folder = try DirectoryTransaction(path: path)
        let file = try ZstdWriter(path: "\(folder.workingPath)/samples.zst")
        var paths: [String] = []
        var pathIndex: [String: UInt32] = [:]
        for index in 0..<set.count {
            let sample = try set.sample(index)
            let place = pathIndex[sample.origin.path] ?? UInt32(paths.count)
            if pathIndex[sample.origin.path] == nil {
                paths.append(sample.origin.path)
                pathIndex[sample.origin.path] = place
            }
            let words = SampleWords.encoded(sample, path: place)
            try file.append(
                ([UInt32(words.count)] + words).flatMap { word in
                    (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
                }
            )
        }
        try file.commit()
        let description: JSON = [
            "version": .int(Int64(version)), "fingerprint": .string(fingerprint),
            "samples": .int(Int64(set.count)),
            "tokens": .int(Int64(set.tokens)), "counted_tokens": .int(Int64(set.countedTokens)),
            "files": .array(paths.map(JSON.string)),
        ]
        try AtomicFile.write(description.text(indent: 2) + "\n", to: "\(folder.workingPath)/cache.json")
        try folder.commit(replacing: true)
    }

    /// Reads a set.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - fingerprint: what the samples must have been made with.
    /// - Returns: the samples in the order in which they were written.
    /// - Throws: ``DataError/badCache(path:reason:)`` where the samples were made otherwise or are damaged,
    ///   ``FileError`` where a file cannot be read.
    public static func read(_ path: String, fingerprint: String) throws -> SampleSet {
        let description = try describe(path)
        guard description["version"]?.intValue == version else {
            throw DataError.badCache(path: path, reason: "it was written by another version; make it again")
        }
        guard description["fingerprint"]?.stringValue == fingerprint else {
            throw DataError.badCache(
                path: path,
                reason:
                    "the tokenizer, the template or an option of encoding has changed since; make it again"
            )
        }
        let paths = description["files"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let builder = SampleStorage.Builder()
        var words = WordReader(try ZstdReader(path: "\(path)/samples.zst"))
        while let count = try words.next() {
            guard let sample = SampleWords.decoded(try words.next(Int(count)) ?? [], paths: paths) else {
                throw DataError.badCache(
                    path: path,
                    reason: "sample \(builder.count + 1) is damaged; make it again"
                )
            }
            try builder.append(sample)
        }
        guard builder.count == description["samples"]?.intValue else {
            throw DataError.badCache(
                path: path,
                reason: "it has \(builder.count) samples, not as many as it says"
            )
        }
        return SampleSet(builder.finish(), order: Array(0..<UInt32(builder.count)))
    }

    private static func describe(_ path: String) throws -> JSON {
        let blocks = try FileBlocks(path: "\(path)/cache.json")
        var bytes: [UInt8] = []
        while let block = try blocks.nextBlock() { bytes += block }
        do {
            return try JSON(parsing: bytes)
        } catch {
            throw DataError.badCache(path: path, reason: "its cache.json is \(error)")
        }
    }
}

/// Little-endian words of a stream.
private struct WordReader {
    private let source: ZstdReader
    private var block: [UInt8] = []
    private var position = 0

    init(_ source: ZstdReader) {
        self.source = source
    }

    mutating func next() throws -> UInt32? {
        guard try fill(4) else { return nil }
        defer { position += 4 }
        return word(at: position)
    }

    mutating func next(_ count: Int) throws -> [UInt32]? {
        guard try fill(count * 4) else { return nil }
        defer { position += count * 4 }
        return (0..<count).map { word(at: position + $0 * 4) }
    }

    private func word(at position: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(block[position + $1]) << (UInt32($1) * 8) }
    }

    /// Sees to it that `count` bytes lie ahead.
    private mutating func fill(_ count: Int) throws -> Bool {
        while block.count - position < count {
            guard let more = try source.nextBlock() else { return false }
            block.removeFirst(position)
            position = 0
            block += more
        }
        return true
    }
}

extension RowEncoder {
    /// A number that changes with everything that the samples depend on: the tokenizer, what the template
    /// makes of a conversation, the loss scale and the options.
    public var fingerprint: String {
        var parts: [JSON] = [.string(lossScale.specification), .string(template.name)]
        parts.append(
            .array([
                .int(Int64(options.maxLength ?? -1)), .string(options.truncation.rawValue),
                options.isBinaryLossScale.map(JSON.bool) ?? .null, .string(options.tokenization.rawValue),
                .bool(options.parsesSpecialInContent), .int(Int64(vocabularySize)),
            ])
        )
        let tool: JSON = [
            "type": "function",
            "function": ["name": "f", "description": "d", "parameters": ["type": "object"]],
        ]
        let round = [Message(.user, "u"), Message(.assistant, "<think>\nt\n</think>\n\na")]
        let calls = [
            Message(.user, "u"), Message(.toolCall, #"{"name": "f", "arguments": {}}"#), Message(.tool, "r"),
            Message(.assistant, "a"),
        ]
        let probes = [
            Conversation(round + round), Conversation([Message(.system, "s")] + round),
            Conversation(calls, tools: [tool]),
        ]
        for probe in probes {
            // A template that refuses a probe is told by its refusal.
            parts.append(
                (try? weighedTokens(of: probe)).map { tokens in
                    .array((tokens.ids + tokens.labels).map { .int(Int64($0)) })
                } ?? "refused"
            )
        }
        for id in 0..<Int32(tokenizer.vocabularySize) {
            parts.append(.string(String(decoding: tokenizer.bytes(of: id) ?? [], as: UTF8.self)))
        }
        let hash = Fingerprint.of(.array(parts))
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
