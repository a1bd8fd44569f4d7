import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// A tokenizer whose tokens are the bytes, with the ChatML control tokens behind them.
enum ByteTokenizer {
    static func make(in folder: TemporaryFolder) throws -> Tokenizer {
        let alphabet = (0..<256).map { byte -> Unicode.Scalar in
            let isShown =
                (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            guard !isShown else { return Unicode.Scalar(UInt8(byte)) }
            let hidden = (0..<byte).count {
                !((33...126).contains($0) || (161...172).contains($0) || (174...255).contains($0))
            }
            return Unicode.Scalar(UInt32(256 + hidden)) ?? " "
        }
        var vocabulary = JSONObject()
        for (id, scalar) in alphabet.enumerated() { vocabulary[String(Character(scalar))] = .int(Int64(id)) }
        let added = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].enumerated().map {
            index,
            content -> JSON in
            [
                "id": .int(Int64(256 + index)), "content": .string(content), "single_word": false,
                "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            ]
        }
        let file: JSON = [
            "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
            "normalizer": nil,
            "pre_tokenizer": [
                "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
            ],
            "post_processor": nil,
            "decoder": [
                "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
            ],
            "model": [
                "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil,
                "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": .object(vocabulary), "merges": [],
            ],
        ]
        try folder.write(file.text(), to: "tokenizer/tokenizer.json")
        try folder.write(
            #"{"eos_token": "<|im_end|>", "bos_token": null}"#,
            to: "tokenizer/tokenizer_config.json"
        )
        return try Tokenizer(directory: folder.file("tokenizer"))
    }
}

@Suite struct DatasetLoaderTests {
    let folder: TemporaryFolder
    let tokenizer: Tokenizer

    init() throws {
        folder = try TemporaryFolder()
        tokenizer = try ByteTokenizer.make(in: folder)
    }

    func load(
        _ items: [String],
        _ change: (inout DatasetOptions) -> Void = { _ in },
        encoding: (inout RowEncoder.Options) -> Void = { _ in }
    ) throws -> DatasetLoader.Loaded {
        var options = DatasetOptions()
        options.items = items.map(folder.file)
        options.shuffles = false
        change(&options)
        var encoderOptions = RowEncoder.Options()
        encoding(&encoderOptions)
        let encoder = try RowEncoder(
            tokenizer: tokenizer,
            template: RoundTemplate(named: "chatml", tokens: BoundaryTokens(tokenizer)),
            options: encoderOptions
        )
        return try DatasetLoader(options: options, encoder: encoder).load()
    }

    func row(_ answer: String) -> String {
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "\#(answer)"}]}"#
    }

    func writeRows(_ count: Int, to name: String) throws {
        try folder.write((0..<count).map { row("a\($0).") }.joined(separator: "\n"), to: name)
    }

    func answers(_ set: SampleSet) throws -> [String] {
        try (0..<set.count).map { index in
            let labels = try set.sample(index).labels.filter { $0 >= 0 && $0 < 256 }
            return String(decoding: labels.map { UInt8($0) }, as: UTF8.self).split(separator: ".").first.map(
                String.init
            ) ?? ""
        }
    }

    @Test func rowsBecomeSamplesInTheirOrder() throws {
        try writeRows(3, to: "a.jsonl")
        let loaded = try load(["a.jsonl"])
        #expect(try answers(loaded.train) == ["a0", "a1", "a2"])
        let sample = try loaded.train.sample(1)
        let text = "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na1.<|im_end|>\n"
        #expect(sample.ids == tokenizer.encode(text))
        #expect(sample.labels.suffix(5) == tokenizer.encode("a1.<|im_end|>\n")[...])
        #expect(sample.countedTokens == 5)
        #expect(sample.origin == RowOrigin(path: folder.file("a.jsonl"), line: 2))
        #expect(loaded.train.length(of: 1) == sample.ids.count)
        #expect(loaded.report.kept == 3)
        #expect(loaded.report.countedTokens == loaded.train.countedTokens)
    }

    @Test(arguments: [1, 3]) func aStreamIsReadOnlyAsFarAsTheRunNeeds(threads: Int) throws {
        // What comes behind is never looked at: it would stop the run.
        let rows = (0..<2000).map { row("a\($0).") } + Array(repeating: "{", count: 1000)
        try folder.write((["[1]"] + rows).joined(separator: "\n"), to: "a.jsonl")
        try writeRows(5, to: "b.jsonl")
        let loaded = try load(["a.jsonl", "b.jsonl"]) { options in
            options.streamedSamples = 40
            options.threads = threads
        }
        #expect(try answers(loaded.train) == (0..<40).map { "a\($0)" })
        #expect(loaded.report.read == 41)
        #expect(loaded.report.droppedCount == 1)
        #expect(loaded.report.stoppedEarly)
        #expect("\(loaded.report)".contains("the rest was not read"))
        let short = try load(["b.jsonl", "a.jsonl"]) { $0.streamedSamples = 7 }
        #expect(try answers(short.train) == ["a0", "a1", "a2", "a3", "a4", "a0", "a1"])
        let whole = try load(["b.jsonl"]) { $0.streamedSamples = 7 }
        #expect(whole.train.count == 5 && !whole.report.stoppedEarly)
    }

    @Test func streamsAreDrawnFromByTurns() throws {
        try writeRows(1000, to: "a.jsonl")
        try writeRows(900, to: "b.jsonl")
        let loaded = try load(["a.jsonl", "b.jsonl"]) { options in
            options.streamedSamples = 20
            options.interleaveProbabilities = [0.5, 0.5]
        }
        #expect(loaded.train.count >= 20)
        #expect(loaded.report.read == 40)
    }

    @Test func whatNeedsAllRowsDoesNotGoWithAStream() throws {
        try writeRows(9, to: "a.jsonl")
        #expect(throws: DataError.self) {
            try load(["a.jsonl"]) { ($0.streamedSamples, $0.splitRatio) = (4, 0.5) }
        }
        #expect(throws: DataError.self) { try load(["a.jsonl#3"]) { $0.streamedSamples = 4 } }
    }

    @Test(arguments: [1, 3]) func everyBadRowIsCountedWithItsPlaceAndReason(threads: Int) throws {
        let lines = [
            row("good"), "", "{", "[1]", #"{"foo": 1}"#, #"{"messages": []}"#,
            #"{"messages": [{"role": "alien", "content": "x"}]}"#,
            #"{"messages": [{"role": "user", "content": "x"}]}"#,
            #"{"messages": [{"role": "user", "content": "x"}, {"role": "system", "content": "s"}]}"#,
            #"{"input_ids": [1, 2], "labels": [1]}"#, row(String(repeating: "x", count: 200)), row("\u{e9}"),
            String(repeating: " ", count: 5000) + "1", row("good") + "x",
        ]
        var bytes = Array((lines.joined(separator: "\n") + "\n").utf8) + Array(#"{"messages": ["#.utf8)
        bytes += []
        try folder.write(bytes, to: "a.jsonl")
        let loaded = try load(
            ["a.jsonl"],
            {
                $0.threads = threads; $0.lineLimit = 4000
            },
            encoding: { $0.maxLength = 150 }
        )
        let report = loaded.report
        #expect(report.read == 14)
        #expect(report.kept == 3)
        #expect(report.masked == 1)
        #expect(report.read == report.kept + report.leftOut + report.droppedCount)
        #expect(
            report.dropped == [
                .notJSON: 2, .badRow: 3, .unknownColumns: 1, .badConversation: 1,
                .badTokenizedRow: 1, .tooLong: 1, .lineTooLong: 1, .cutOff: 1,
            ]
        )
        let places = report.examples.mapValues { $0.map(\.origin.line) }
        #expect(places[.notJSON] == [3, 14])
        #expect(places[.badRow] == [4, 6, 7])
        #expect(places[.cutOff] == [15])
        #expect(places[.lineTooLong] == [13])
        #expect(
            report.examples[.badTokenizedRow]?.first?.message
                == "tokenized row: \"labels\" has 1 elements, \"input_ids\" 2"
        )
    }

    @Test func strictLoadingStopsAtTheFirstBadRow() throws {
        try folder.write("\(row("a"))\n\n{\n", to: "a.jsonl")
        let error = #expect(throws: RowError.self) { try load(["a.jsonl"], { $0.isStrict = true }) }
        #expect(error?.origin.line == 3)
        #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("\(folder.file("a.jsonl")):3: not valid JSON"))
    }

    @Test func aRowThatIsTooLongStopsTheRunWhereAsked() throws {
        try folder.write(row(String(repeating: "x", count: 99)), to: "a.jsonl")
        let error = #expect(throws: RowError.self) {
            try load(
                ["a.jsonl"],
                encoding: {
                    $0.maxLength = 64; $0.truncation = .raise
                }
            )
        }
        #expect(error?.reason == .tooLong)
    }

    @Test func whatIsNotThereIsSaid() throws {
        #expect(throws: DataError.self) { try load(["no.jsonl"]) }
        try folder.write("", to: "empty.jsonl")
        let error = #expect(throws: DataError.self) { try load(["empty.jsonl"]) }
        #expect("\(error.map { "\($0)" } ?? "")" == "\(folder.file("empty.jsonl")): there are no rows in it")
        try folder.write("x", to: "a.parquet")
        #expect(throws: DataError.self) { try load(["a.parquet"]) }
    }

    @Test func theSameRowsInEveryFormGiveTheSameSamples() throws {
        try writeRows(20, to: "a.jsonl")
        let expected = try answers(load(["a.jsonl"]).train)
        let rows = (0..<20).map { row("a\($0).") }
        try folder.write("\u{feff}[\n" + rows.joined(separator: ",\n") + "\n]\n", to: "b.json")
        try folder.write(rows.joined(separator: "\r\n"), to: "c.json")
        let csv = "query,response\r\n" + (0..<20).map { "q,\"a\($0).\"" }.joined(separator: "\r\n")
        try folder.write(csv, to: "d.csv")
        let writer = try ZstdWriter(path: folder.file("e.jsonl.zst"))
        try writer.append(Array(rows.joined(separator: "\n").utf8))
        try writer.commit()
        for name in ["b.json", "c.json", "d.csv", "e.jsonl.zst"] {
            #expect(try answers(load([name]).train) == expected, "\(name)")
        }
        try folder.write(rows[0] + "\n", to: "folder/2.jsonl")
        try folder.write(rows[1] + "\n", to: "folder/10/1.jsonl")
        try folder.write("no data", to: "folder/README.md")
        #expect(try answers(load(["folder"]).train) == ["a1", "a0"])
    }

    @Test func aCSVFieldMayHoldQuotesCommasAndLineFeeds() throws {
        try folder.write(
            "\u{feff}query,response,id\nq,\"say \"\"hi\"\",\nplease\",1\n\nq,x,\nq,\"open",
            to: "a.csv"
        )
        let loaded = try load(["a.csv"])
        let labels = try loaded.train.sample(0).labels.filter { (0..<256).contains($0) }
        #expect(String(decoding: labels.map { UInt8($0) }, as: UTF8.self) == "say \"hi\",\nplease\n")
        #expect(loaded.report.kept == 2)
        #expect(loaded.report.dropped == [.cutOff: 1])
        #expect(loaded.report.examples[.cutOff]?.first?.origin.line == 6)
    }

    @Test func fewerRowsAreDrawnWithoutReplacement() throws {
        try writeRows(10, to: "a.jsonl")
        let loaded = try load(["a.jsonl#4"])
        let drawn = try answers(loaded.train)
        #expect(Set(drawn).count == 4)
        #expect(loaded.report.leftOut == 6)
        #expect(loaded.report.read == 10)
        #expect(try answers(load(["a.jsonl#4"]).train) == drawn)
        #expect(try answers(load(["a.jsonl#4"], { $0.seed = 43 }).train) != drawn)
    }

    @Test func moreRowsThanThereAreRepeatThem() throws {
        try writeRows(3, to: "a.jsonl")
        let drawn = try answers(load(["a.jsonl#8"]).train)
        #expect(Array(drawn.prefix(6)) == ["a0", "a1", "a2", "a0", "a1", "a2"])
        #expect(Set(drawn.suffix(2)).count == 2)
    }

    @Test func rowsAreSetAsideForValidationAndNotTrainedOn() throws {
        try writeRows(20, to: "a.jsonl")
        let loaded = try load(["a.jsonl"], { $0.splitRatio = 0.25 })
        let validation = try answers(try #require(loaded.validation))
        let train = try answers(loaded.train)
        #expect(validation.count == 5)
        #expect(train.count == 15)
        #expect(Set(train).isDisjoint(with: validation))
        try writeRows(2, to: "b.jsonl")
        #expect(
            try load(["a.jsonl"], { $0.validationItems = [folder.file("b.jsonl")] }).validation?.count == 2
        )
    }

    @Test func severalSetsAreConcatenatedAndShuffled() throws {
        try writeRows(4, to: "a.jsonl")
        try folder.write(row("b."), to: "b.jsonl")
        #expect(try answers(load(["a.jsonl", "b.jsonl"]).train) == ["a0", "a1", "a2", "a3", "b"])
        let shuffled = try answers(load(["a.jsonl", "b.jsonl"], { $0.shuffles = true }).train)
        #expect(shuffled.sorted() == ["a0", "a1", "a2", "a3", "b"])
        #expect(shuffled != ["a0", "a1", "a2", "a3", "b"])
    }

    @Test func severalSetsAreMixedByTheirWeights() throws {
        try writeRows(30, to: "a.jsonl")
        try folder.write((0..<30).map { row("b\($0).") }.joined(separator: "\n"), to: "b.jsonl")
        let mixed = try answers(
            load(["a.jsonl", "b.jsonl"], { $0.interleaveProbabilities = [0.5, 0.5] }).train
        )
        let counts = ["a", "b"].map { name in mixed.filter { $0.hasPrefix(name) }.count }
        #expect(counts.max() == 30)
        #expect(mixed != mixed.sorted())
        #expect(throws: DataError.self) {
            try load(["a.jsonl"], { $0.interleaveProbabilities = [0.5, 0.5] })
        }
        #expect(throws: DataError.self) {
            try load(["a.jsonl", "b.jsonl"], { $0.interleaveProbabilities = [1, 0] })
        }
    }

    @Test func selfCognitionRowsAreFilledIn() throws {
        try folder.write(
            #"{"query": "q", "response": "I am {{NAME}}.", "tag": "en"}"#,
            to: "self-cognition.jsonl"
        )
        try folder.write(#"{"query": "q", "response": "I am {{NAME}}.", "tag": "zh"}"#, to: "other.jsonl")
        let named: (inout DatasetOptions) -> Void = { $0.modelName = ["小猪", "Pig"] }
        #expect(try answers(load(["self-cognition.jsonl"], named).train) == ["I am Pig"])
        #expect(try answers(load(["other.jsonl"], named).train) == ["I am 小猪"])
        #expect(
            try answers(load(["other.jsonl:empty_think#1"], named).train) == [
                "<think>\n\n</think>\n\nI am 小猪"
            ]
        )
        #expect(throws: DataError.self) { try load(["other.jsonl:nonsense"], named) }
    }

    @Test func tokenizedRowsAreTakenAsTheyAre() throws {
        try folder.write(
            #"{"input_ids": [5, 6, 7], "labels": [-100, -100, 7], "loss_scale": [0, 0, 0.5]}"#,
            to: "a.jsonl"
        )
        let sample = try load(["a.jsonl"]).train.sample(0)
        #expect(sample.ids == [5, 6, 7])
        #expect(sample.labels == [-100, -100, 7])
        #expect(sample.lossScale == [0, 0, 0.5])
    }

    @Test(
        arguments: [
            (#"{"input_ids": 5}"#, "\"input_ids\" is a number; expected an array of integers"),
            (#"{"input_ids": [1, "a"]}"#, "\"input_ids\"[1] is \"a\"; expected an integer"),
            (#"{"input_ids": [1, 9999]}"#, "\"input_ids\"[1] is 9999; the model's ids are 0 to 258"),
            (#"{"input_ids": [1, -1]}"#, "\"input_ids\"[1] is -1; the model's ids are 0 to 258"),
            (
                #"{"input_ids": [1, 2], "labels": [1, 3]}"#,
                "\"labels\"[1] is 3; expected -100 or the id at that place, 2"
            ),
            (#"{"input_ids": [1, 2], "loss_scale": [1]}"#, "\"loss_scale\" has 1 elements, \"input_ids\" 2"),
            (
                #"{"input_ids": [1, 2], "loss_scale": [1, -1]}"#,
                "\"loss_scale\"[1] is -1; expected a number of at least 0"
            ),
        ]
    )
    func aWrongTokenizedRowIsSaidInWords(row: String, message: String) throws {
        let encoder = try RowEncoder(
            tokenizer: tokenizer,
            template: RoundTemplate(named: "chatml", tokens: BoundaryTokens(tokenizer))
        )
        #expect(throws: DataError.badTokenizedRow(message)) { try encoder.samples(of: JSON(parsing: row)) }
    }

    // MARK: Cache

    func encoder(_ lossScale: String = "default", template: String = "chatml", maxLength: Int? = nil) throws
        -> RowEncoder
    {
        var options = RowEncoder.Options()
        options.maxLength = maxLength
        return try RowEncoder(
            tokenizer: tokenizer,
            template: RoundTemplate(named: template, tokens: BoundaryTokens(tokenizer)),
            lossScale: LossScale(lossScale),
            options: options
        )
    }

    @Test func aCacheGivesBackTheSamples() throws {
        try folder.write(
            [row("a<tool_call>x</tool_call>b"), row("c")].joined(separator: "\n"),
            to: "a.jsonl"
        )
        try folder.write(
            #"{"input_ids": [5, 6], "labels": [-100, 6], "loss_scale": [0, 0.5]}"#,
            to: "b.jsonl"
        )
        let set = try load(["a.jsonl", "b.jsonl"]).train
        try SampleCache.write(set, fingerprint: "f", to: folder.file("cache"))
        let back = try SampleCache.read(folder.file("cache"), fingerprint: "f")
        #expect(try (0..<back.count).map(back.sample) == (0..<set.count).map(set.sample))
        #expect(back.tokens == set.tokens)
        #expect(back.countedTokens == set.countedTokens)
        // Writing again replaces it.
        try SampleCache.write(SampleSet([set.sample(1)]), fingerprint: "g", to: folder.file("cache"))
        #expect(try SampleCache.read(folder.file("cache"), fingerprint: "g").count == 1)
    }

    @Test func aCacheThatWasMadeOtherwiseIsRefused() throws {
        let set = try SampleSet([Sample(ids: [1, 2], labels: [-100, 2])])
        try SampleCache.write(set, fingerprint: encoder().fingerprint, to: folder.file("cache"))
        #expect(try SampleCache.read(folder.file("cache"), fingerprint: encoder().fingerprint).count == 1)
        let others = try [
            encoder("ignore_empty_think"), encoder(template: "qwen"), encoder(maxLength: 5),
        ].map(\.fingerprint)
        for other in others {
            #expect(throws: DataError.self) { try SampleCache.read(folder.file("cache"), fingerprint: other) }
        }
    }

    @Test func aDamagedCacheIsRefused() throws {
        let set = try SampleSet((0..<200).map { Sample(ids: [Int32($0), 7], labels: [-100, 7]) })
        try SampleCache.write(set, fingerprint: "f", to: folder.file("cache"))
        let path = folder.file("cache/samples.zst")
        let whole = Array(try Data(contentsOf: URL(filePath: path)))
        var refused = 0
        for place in whole.indices {
            var bytes = whole
            bytes[place] ^= 0x10
            try folder.write(bytes, to: "cache/samples.zst")
            // Some bits of the header change nothing; whatever is read is what was written.
            guard let back = try? SampleCache.read(folder.file("cache"), fingerprint: "f") else {
                refused += 1
                continue
            }
            #expect(try (0..<back.count).map(back.sample) == (0..<set.count).map(set.sample), "byte \(place)")
        }
        #expect(refused > whole.count / 2)
        try folder.write(Array(whole.dropLast(3)), to: "cache/samples.zst")
        #expect(throws: FileError.self) { try SampleCache.read(folder.file("cache"), fingerprint: "f") }
        try folder.write("{", to: "cache/cache.json")
        #expect(throws: DataError.self) { try SampleCache.read(folder.file("cache"), fingerprint: "f") }
    }

    @Test func samplesThatDoNotFitInMemoryComeBackFromDisk() throws {
        let samples = (0..<50).map { index in
            Sample(
                ids: (0..<Int32(100)).map { $0 + Int32(index) },
                labels: (0..<Int32(100)).map { $0 % 3 == 0 ? -100 : $0 + Int32(index) },
                lossScale: index % 2 == 0 ? nil : (0..<100).map { Float($0 % 5) },
                origin: RowOrigin(path: "p\(index % 3)", line: index)
            )
        }
        let set = try SampleSet(samples, memoryWords: 500)
        #expect(try (0..<50).map(set.sample) == samples)
    }
}
