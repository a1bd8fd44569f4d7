import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct RunFolderTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test func eachRunTakesTheNextNumber() throws {
        let output = temporary.file("output")
        let first = try RunFolder(new: output, addsVersion: true)
        let second = try RunFolder(new: output, addsVersion: true)
        let names = try Folder.names(in: output)
        #expect(names.count == 2)
        #expect(names[0].wholeMatch(of: #/v0-\d{8}-\d{6}/#) != nil)
        #expect(names[1].wholeMatch(of: #/v1-\d{8}-\d{6}/#) != nil)
        #expect(first.path == "\(output)/\(names[0])")
        #expect(second.path == "\(output)/\(names[1])")
    }

    @Test func numbersGoOnBehindTheHighestWhateverTheirDigits() throws {
        for name in ["v2-20250101-000000", "v10-20250101-000000", "vision"] {
            try Folder.make(temporary.file("output/\(name)"))
        }
        let folder = try RunFolder(new: temporary.file("output"), addsVersion: true)
        #expect(Folder.name(of: folder.path).hasPrefix("v11-"))
        #expect(
            RunFolder.versions(in: temporary.file("output")).map(\.number) == [2, 10, 11]
        )
    }

    @Test func aFolderThatARunIsWritingIsRefused() throws {
        let folder = temporary.file("run")
        let first = try RunFolder(new: folder, addsVersion: false)
        let refusal = TrainError.checkpoint(
            path: folder,
            reason: "another run is writing this folder; wait for it or choose another --output_dir"
        )
        #expect(throws: refusal) { try RunFolder(new: folder, addsVersion: false) }
        #expect(throws: refusal) { try RunFolder(existing: folder) }
        withExtendedLifetime(first) {}
    }

    @Test func aFolderIsFreeOnceItsRunIsOver() throws {
        let folder = temporary.file("run")
        _ = try RunFolder(new: folder, addsVersion: false)
        _ = try RunFolder(new: folder, addsVersion: false)
    }

    @Test func checkpointsOfAnEarlierRunAreNotMixedWithNewOnes() throws {
        let folder = temporary.file("run")
        try Folder.make("\(folder)/checkpoint-5")
        #expect(throws: TrainError.self) { try RunFolder(new: folder, addsVersion: false) }
    }
}

@Suite struct RunArgumentsTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test func whatIsWrittenIsReadBesideTheAdapterOrAboveIt() throws {
        try Folder.make(temporary.file("run/checkpoint-1"))
        #expect(try RunArguments(besideAdapter: temporary.file("run/checkpoint-1")) == nil)
        let arguments = RunArguments(JSONObject([("model", "/models/é"), ("lora_rank", 8), ("system", nil)]))
        try arguments.write(to: temporary.file("run"))
        #expect(try RunArguments(besideAdapter: temporary.file("run/checkpoint-1")) == arguments)
        #expect(arguments.text("model") == "/models/é")
        #expect(arguments.text("lora_rank") == nil)
        var other = arguments
        other.fields["model"] = "/models/other"
        try other.write(to: temporary.file("run/checkpoint-1"))
        #expect(try RunArguments(besideAdapter: temporary.file("run/checkpoint-1")) == other)
    }

    @Test(arguments: ["", "[]", "{\"model\": ", "null"])
    func aDamagedFileIsNamed(content: String) throws {
        let path = try temporary.write(content, to: "args.json")
        let error = #expect(throws: FileError.self) { try RunArguments(path: path) }
        #expect(error?.description.hasPrefix("\(path): ") == true)
    }
}
