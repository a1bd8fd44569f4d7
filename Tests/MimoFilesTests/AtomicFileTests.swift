import Foundation
import MimoFiles
import MimoTestSupport
import Testing

@Suite struct AtomicFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder.file(name), encoding: .utf8)
    }

    @Test func aFileIsTheOldOneUntilTheNewOneIsComplete() throws {
        try folder.write("old", to: "a")
        let file = try AtomicFile(path: folder.file("a"))
        try file.append(Array("ne".utf8))
        #expect(try text("a") == "old")
        try file.append(Array("w".utf8))
        try file.commit()
        #expect(try text("a") == "new")
        #expect(try Folder.names(in: folder.path) == ["a"])
    }

    @Test func whatIsNotCommittedLeavesNothingBehind() throws {
        do {
            let file = try AtomicFile(path: folder.file("a"))
            try file.append([1, 2, 3])
        }
        #expect(try Folder.names(in: folder.path).isEmpty)
    }

    @Test func aFolderThatIsNotThereIsSaid() {
        let path = folder.file("no/a")
        #expect(throws: FileError.system(path: path, action: "create", code: 2)) {
            try AtomicFile.write("x", to: path)
        }
    }

    @Test func aFullDiskIsSaidInWords() {
        let error = FileError.system(path: "a", action: "write", code: 28)
        #expect(
            "\(error)" == "a: cannot write: No space left on device; free some space or choose another folder"
        )
    }

    @Test func aFolderAppearsWholeOrNotAtAll() throws {
        let path = folder.file("out/checkpoint-1")
        let transaction = try DirectoryTransaction(path: path)
        try AtomicFile.write("weights", to: "\(transaction.workingPath)/adapter")
        try Folder.make("\(transaction.workingPath)/runs")
        #expect(!Folder.exists(path))
        try transaction.commit()
        #expect(try Folder.names(in: path) == ["adapter", "runs"])
        #expect(try Folder.names(in: folder.file("out")) == ["checkpoint-1"])
    }

    @Test func aFolderGivesWayOnlyWhenAsked() throws {
        try folder.write("old", to: "c/file")
        let first = try DirectoryTransaction(path: folder.file("c"))
        #expect(throws: FileError.exists(path: folder.file("c"))) { try first.commit() }
        try AtomicFile.write("new", to: "\(first.workingPath)/file")
        try first.commit(replacing: true)
        #expect(try text("c/file") == "new")
        #expect(try Folder.names(in: folder.path) == ["c"])
    }

    @Test func aDroppedFolderLeavesNothingBehind() throws {
        do {
            let transaction = try DirectoryTransaction(path: folder.file("c"))
            try AtomicFile.write("x", to: "\(transaction.workingPath)/file")
        }
        #expect(try Folder.names(in: folder.path).isEmpty)
    }

    @Test func leftoversOfKilledProcessesAreClearedUp() throws {
        // No process has this id: it is above the system's limit.
        try folder.write("x", to: ".c.partial-99999999-1/file")
        try folder.write("kept", to: ".d.replaced-99999999-2/file")
        try folder.write("old", to: ".e.replaced-99999999-3/file")
        try folder.write("new", to: "e/file")
        try folder.write("running", to: ".f.partial-\(ProcessInfo.processInfo.processIdentifier)-1/file")
        try DirectoryTransaction.clearLeftovers(in: folder.path)
        let running = ".f.partial-\(ProcessInfo.processInfo.processIdentifier)-1"
        #expect(try Folder.names(in: folder.path) == [running, "d", "e"])
        #expect(try text("d/file") == "kept")
        #expect(try text("e/file") == "new")
    }

    @Test(arguments: [("/a/b", "/a"), ("a/b/", "a"), ("a", "."), ("/a", "/"), ("/", "/"), ("./x", ".")])
    func theFolderAboveIsFound(path: String, parent: String) {
        #expect(Folder.parent(of: path) == parent)
    }

    @Test func aScratchFileGivesBackItsWords() throws {
        let file = try ScratchFile(in: folder.path)
        #expect(try Folder.names(in: folder.path).isEmpty)
        try file.write([1, 2, 3], at: 0)
        try file.write([4, 5], at: 3)
        #expect(try file.read(3, at: 1) == [2, 3, 4])
        #expect(throws: FileError.self) { try file.read(2, at: 4) }
    }
}
