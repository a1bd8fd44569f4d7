import Foundation
import MimoFiles
import MimoTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Disks that fill up and folders that take nothing.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct DiskTests {
    /// Whether a small disk can be made for a test, which takes root.
    private static let canMount: Bool = {
        guard getuid() == 0, let folder = try? TemporaryFolder() else { return false }
        guard mount(folder.path, "tmpfs", mebibytes: 1) else { return false }
        return umount2(folder.path, 0) == 0
    }()

    private static func mount(_ path: String, _ kind: String, mebibytes: Int) -> Bool {
        Glibc.mount(kind, path, kind, 0, "size=\(mebibytes)m") == 0
    }

    @Test(
        "A disk that fills up ends the run with the checkpoint before whole, and the run goes on when there is room",
        .enabled(if: canMount, "making a small disk takes root")
    )
    func fullDisk() throws {
        let whole = try DamageTests.finished()
        let run = try StarterRun()
        let disk = run.folder.file(run.output)
        try Folder.make(disk)
        #expect(Self.mount(disk, "tmpfs", mebibytes: 8))
        defer { umount2(disk, Int32(MNT_DETACH)) }
        for _ in 0..<3 {
            let running = try BuiltCommand.Running(run.arguments(), in: run.folder)
            try running.wait(for: "saved \(run.output)/checkpoint-")
            // All that is left is taken by another program.
            let other = try #require(fopen("\(disk)/other", "w"))
            let block = [UInt8](repeating: 1, count: 4096)
            while fwrite(block, 1, block.count, other) == block.count, fflush(other) == 0 {}
            fclose(other)
            let full = try running.wait()
            #expect(full.code == 1, "\(full.errors)")
            let last = try #require(full.errorLines.last)
            #expect(last.contains("No space left on device"))
            #expect(last.hasSuffix("is whole: go on from it with --resume_from_checkpoint"), "\(full.errors)")
            let names = try Folder.names(in: disk)
            #expect(!names.contains { $0.contains("partial") }, "\(names)")
            try Folder.remove("\(disk)/other")
        }
        let resumed = try BuiltCommand.run(run.arguments(), in: run.folder)
        #expect(resumed.code == 0, "\(resumed.errors)")
        let now = try run.remains()
        for (file, content) in whole.remains { #expect(now[file] == content, "\(file)") }
    }

    @Test(
        "A file that cannot grow ends the run with the checkpoint before whole, and the run goes on when it can"
    )
    func fileLimit() throws {
        let whole = try DamageTests.finished()
        let run = try StarterRun()
        // Files of at most 64 KiB stand for a disk that fills up: the logs fit, the weights do not.
        let begun = try BuiltCommand.run(run.arguments(), in: run.folder)
        #expect(begun.code == 0, "\(begun.errors)")
        for name in ["checkpoint-10", "checkpoint-9"] {
            try Folder.remove(run.folder.file("\(run.output)/\(name)"))
        }
        let full = try BuiltCommand.run(
            run.arguments(),
            in: run.folder,
            after: "trap '' XFSZ; ulimit -f 128"
        )
        #expect(full.code == 1, "\(full.errors)")
        #expect(
            full.errorLines.last?.hasSuffix(
                "checkpoint-8 is whole: go on from it with --resume_from_checkpoint"
            ) == true,
            "\(full.errors)"
        )
        let names = try Folder.names(in: run.folder.file(run.output))
        #expect(!names.contains { $0.contains("partial") }, "\(names)")
        let resumed = try BuiltCommand.run(run.arguments(), in: run.folder)
        #expect(resumed.code == 0, "\(resumed.errors)")
        let now = try run.remains()
        for (file, content) in whole.remains { #expect(now[file] == content, "\(file)") }
    }

    @Test("A folder that cannot be written to is refused before anything is computed")
    func readOnly() throws {
        let run = try StarterRun()
        try run.folder.write("a file, not a folder", to: "blocked")
        let outcome = try BuiltCommand.run(
            run.arguments(["--output_dir", "blocked/output"]),
            in: run.folder
        )
        #expect(outcome.code == 1)
        #expect(
            outcome.errorLines.last == "mimo-sft: blocked: cannot make folder: Not a directory",
            "\(outcome.errors)"
        )
    }

    /// Makes a command that root starts run as nobody, whom permissions bind.
    private static let asOrdinaryUser =
        getuid() == 0 ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"" : ":"

    /// Whether nobody may read the checkout: not so where it lies in root's own folder.
    private static let mayBeReadByAnyone: Bool = {
        var path = Golden.package
        while path != "/" {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & 0o5 == 0o5 else { return getuid() != 0 }
            path = Folder.parent(of: path)
        }
        return true
    }()

    @Test(
        "A folder that is read-only is refused before anything is computed",
        .enabled(if: mayBeReadByAnyone, "root runs this as nobody, who cannot read this checkout")
    )
    func noPermission() throws {
        let run = try StarterRun()
        chmod(run.folder.path, 0o555)
        defer { chmod(run.folder.path, 0o755) }
        let outcome = try BuiltCommand.run(run.arguments(), in: run.folder, after: Self.asOrdinaryUser)
        #expect(outcome.code == 1)
        #expect(
            outcome.errorLines.last == "mimo-sft: output: cannot make folder: Permission denied",
            "\(outcome.errors)"
        )
    }

    @Test(
        "A run whose folder has become read-only is refused, and stays as it is",
        .enabled(if: mayBeReadByAnyone, "root runs this as nobody, who cannot read this checkout")
    )
    func noPermissionToGoOn() throws {
        let (run, remains) = try DamageTests.finished()
        let folder = run.folder.file(run.output)
        chmod(folder, 0o555)
        chmod("\(folder)/.lock", 0o444)
        defer { chmod(folder, 0o755) }
        let outcome = try BuiltCommand.run(run.arguments(), in: run.folder, after: Self.asOrdinaryUser)
        #expect(outcome.code == 1)
        #expect(
            outcome.errorLines.last?.hasPrefix("mimo-sft: output/") == true
                && outcome.errors.contains("Permission denied"),
            "\(outcome.errors)"
        )
        #expect(try run.remains() == remains)
    }
}
