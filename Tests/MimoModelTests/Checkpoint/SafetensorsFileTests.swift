import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct SafetensorsFileTests {
    /// A file's bytes: the header's length (its own, or a lie), the header, the data.
    static func file(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
        let length = length ?? UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
    }

    static func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
        let folder = try TemporaryFolder()
        return try SafetensorsFile(path: folder.write(bytes, to: "x.safetensors"))
    }

    @Test func `tensors of each float type are read, vectors as one row`() throws {
        let header = """
            {"__metadata__": {"format": "pt"}, \
            "m": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, \
            "v": {"dtype": "BF16", "shape": [2], "data_offsets": [8, 12]}, \
            "h": {"dtype": "F16", "shape": [], "data_offsets": [12, 14]}}
            """
        let file = try Self.open(
            Self.file(header, data: [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0x80, 0x3f, 0x00, 0x40, 0x00, 0x3c])
        )
        #expect(file.metadata == ["format": "pt"])
        #expect(file.tensors.map(\.name) == ["m", "v", "h"])
        #expect(try file.tensor("m").elements == [1, -2])
        let vector = try file.weight("v")
        #expect(vector.rows == 1 && vector.columns == 2 && vector.type == .bf16)
        #expect(vector.widened().elements == [1, 2])
        #expect(try file.tensor("h").elements == [1])
        #expect(try file.bytes("h") == [0x00, 0x3c])
    }

    @Test func `tensors are listed in the order of their data, whatever the header's`() throws {
        let header = """
            {"b": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}, \
            "a": {"dtype": "BOOL", "shape": [1], "data_offsets": [0, 1]}, \
            "empty": {"dtype": "F32", "shape": [0, 7], "data_offsets": [3, 3]}}
            """
        let file = try Self.open(Self.file(header, data: [1, 2, 3]))
        #expect(file.tensors.map(\.name) == ["a", "b", "empty"])
        #expect(try file.bytes("b") == [2, 3])
        #expect(try file.tensor("empty").elements.isEmpty)
    }

    @Test func `a header may be padded and hold no tensors`() throws {
        #expect(try Self.open(Self.file("{}      ")).tensors.isEmpty)
        #expect(try Self.open(Self.file(#"{"__metadata__": null}"#)).metadata.isEmpty)
    }

    @Test func `other types are listed but refused as floats, by name`() throws {
        let header = #"{"q": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}"#
        let file = try Self.open(Self.file(header, data: [1, 2]))
        #expect(file["q"]?.type == .f8e4m3)
        let error = #expect(throws: ModelError.self) { try file.weight("q") }
        #expect(
            error
                == .invalidTensor(
                    path: file.path,
                    tensor: "q",
                    reason: "holds F8_E4M3; F32, F16 and BF16 are read as floats"
                )
        )
        #expect(throws: ModelError.invalidTensor(path: file.path, tensor: "z", reason: "is not in this file"))
        {
            try file.weight("z")
        }
    }

    @Test(arguments: [
        ("", "it has 3 bytes, less than a header"),
        ("   {}", "does not begin with"), ("[]", "does not begin with"),
        ("\u{feff}{}", "does not begin with"),
        ("{", "is not valid JSON"), ("{} x", "is not valid JSON"), ("{}{}", "is not valid JSON"),
        (#"{"__metadata__": {"a": 1}}"#, "expected a string"), (#"{"__metadata__": []}"#, "is no object"),
        (#"{"__metadata__": {}, "__metadata__": {}}"#, "twice"),
        (
            #"""
            {"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}, "a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}
            """#, "twice"
        ),
    ])
    func `a header that is none is refused`(header: String, reason: String) throws {
        let bytes = header.isEmpty ? [1, 2, 3] : Self.file(header)
        let error = try #require(throws: ModelError.self) { try Self.open(bytes) }
        guard case .invalidSafetensors(let path, let found) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(path.hasSuffix("/x.safetensors"))
        #expect(found.contains(reason))
    }

    @Test(arguments: [
        (#"{"dtype": "F31", "shape": [1], "data_offsets": [0, 4]}"#, "unknown dtype: \"F31\""),
        (#"{"shape": [1], "data_offsets": [0, 4]}"#, "unknown dtype: missing"),
        (#"{"dtype": "F32", "data_offsets": [0, 4]}"#, "no \"shape\""),
        (#"{"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}"#, "no \"shape\""),
        (#"{"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}"#, "no \"shape\""),
        (#"{"dtype": "F32", "shape": 1, "data_offsets": [0, 4]}"#, "no \"shape\""),
        (#"{"dtype": "F32", "shape": [1]}"#, "no \"data_offsets\""),
        (#"{"dtype": "F32", "shape": [1], "data_offsets": [0]}"#, "no \"data_offsets\""),
        (#"{"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}"#, "no \"data_offsets\""),
        (#"{"dtype": "F32", "shape": [1], "data_offsets": [0, 1e99]}"#, "no \"data_offsets\""),
        (#"{"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}"#, "takes 4 bytes"),
        (#"{"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}"#, "takes 8 bytes"),
        (#"{"dtype": "F4", "shape": [7], "data_offsets": [0, 4]}"#, "takes 3 bytes"),
        (#"{"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}"#, "it is cut short"),
        (#"{"dtype": "U8", "shape": [2], "data_offsets": [2, 4]}"#, "expected 0"),
        (
            #"{"dtype": "U8", "shape": [9223372036854775807], "data_offsets": [0, 9223372036854775807]}"#,
            "that no file"
        ),
        (#"{"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]}"#, "that no file"),
        (#"{"dtype": "F32", "shape": [18446744073709551615], "data_offsets": [0, 4]}"#, "no \"shape\""),
        (
            #"{"dtype": "U8", "shape": [4], "data_offsets": [9223372036854775803, 9223372036854775807]}"#,
            "cut short"
        ),
        (#"[]"#, "described by an array"),
    ])
    func `a tensor that is described wrongly is named`(entry: String, reason: String) throws {
        let bytes = Self.file(#"{"the.tensor": \#(entry)}"#, data: [0, 0, 0, 0])
        let error = try #require(throws: ModelError.self) { try Self.open(bytes) }
        guard case .invalidTensor(_, "the.tensor", let found) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(found.contains(reason))
    }

    @Test func `overlaps, gaps and data that no tensor owns are refused`() throws {
        func header(_ second: String) -> String {
            """
            {"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}, \
            "b": {"dtype": "U8", "shape": [2], "data_offsets": \(second)}}
            """
        }
        _ = try Self.open(Self.file(header("[2, 4]"), data: [0, 0, 0, 0]))
        for second in ["[1, 3]", "[3, 5]", "[0, 2]"] {
            let error = try #require(throws: ModelError.self) {
                try Self.open(Self.file(header(second), data: [0, 0, 0, 0, 0]))
            }
            guard case .invalidTensor(_, "b", _) = error else {
                Issue.record("\(error)")
                continue
            }
        }
        // A polyglot: a valid file with something else behind it.
        let error = #expect(throws: ModelError.self) {
            try Self.open(Self.file(header("[2, 4]"), data: [0, 0, 0, 0] + Array("PK\u{3}\u{4}".utf8)))
        }
        #expect(error?.description.contains("its tensors end at byte") == true)
    }

    @Test func `a header's length is believed within bounds only`() throws {
        for length in [3, 100_000_001, UInt64(Int64.max), UInt64(Int64.max) + 1, .max] {
            #expect(throws: ModelError.self) { try Self.open(Self.file("{}", length: length)) }
        }
        let error = #expect(throws: ModelError.self) { try Self.open(Self.file("{}", length: 100_000_001)) }
        #expect(error?.description.contains("at most 100000000 are allowed") == true)
    }

    @Test func `what is no regular file is refused`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ModelError.self) { try SafetensorsFile(path: folder.path) }
        #expect(throws: ModelError.self) { try SafetensorsFile(path: folder.file("none")) }
        #expect(throws: ModelError.self) { try SafetensorsFile(path: folder.write([UInt8](), to: "empty")) }
        #expect(throws: ModelError.self) { try SafetensorsFile(path: "/dev/zero") }
    }

    @Test func `damage of any byte or length of a file is refused or harmless`() throws {
        let header = """
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},\
            "b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]}}
            """
        let bytes = Self.file(header, data: Array(repeating: 0, count: 14))
        let folder = try TemporaryFolder()
        for count in 0..<bytes.count {
            #expect(throws: ModelError.self) {
                try SafetensorsFile(path: folder.write(Array(bytes[..<count]), to: "cut"))
            }
        }
        // Mutations by a fixed sequence; whatever opens must stand up to being read whole.
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array(#"{}[]",:0123456789-eE.\ ntFUB"#.utf8) + [0, 0x80, 0xff]
        var opened = 0
        for _ in 0..<600 {
            var mutated = bytes
            for _ in 0...next(3) {
                switch next(3) {
                case 0: mutated[next(mutated.count)] = alphabet[next(alphabet.count)]
                case 1: mutated.remove(at: 8 + next(mutated.count - 8))
                default: mutated.insert(alphabet[next(alphabet.count)], at: 8 + next(mutated.count - 8))
                }
            }
            guard let file = try? SafetensorsFile(path: folder.write(mutated, to: "mutated")) else {
                continue
            }
            opened += 1
            for tensor in file.tensors {
                #expect(try file.bytes(tensor.name).count == tensor.byteRange.count)
                _ = try? file.tensor(tensor.name)
            }
        }
        #expect(opened > 0, "mutations of names and data must still open")
    }
}
