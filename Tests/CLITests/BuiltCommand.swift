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

/// The command as it was built beside the tests.
enum BuiltCommand {
    /// What a run of the command said.
    struct Outcome {
        /// The exit code, or 128 and the number of the signal that ended it.
        var code: Int32
        var output: String
        var errors: String

        var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    /// Where `mimo-sft` stands: in a folder above the running tests, which are a program or a bundle of their own.
    static let path: String = {
        var folder = Folder.parent(of: CommandLine.arguments[0])
        if let program = realpath("/proc/self/exe", nil) {
            folder = Folder.parent(of: String(cString: program))
            free(program)
        }
        while folder != "/", folder != "." {
            let command = "\(folder)/mimo-sft"
            if Folder.exists(command), !Folder.isFolder(command) { return command }
            folder = Folder.parent(of: folder)
        }
        return "mimo-sft"
    }()

    /// Runs the command to its end; `shell` is what a shell is to do first.
    static func run(_ arguments: [String], in folder: TemporaryFolder, after shell: String = ":") throws
        -> Outcome
    {
        try Running(arguments, in: folder, after: shell).wait()
    }

    /// A command that has been started. Its output goes to files, so that no pipe can fill up; its home is the
    /// folder that it runs in.
    final class Running {
        let process: pid_t
        private let output: String
        private let errors: String
        private var status: Int32?

        /// Starts it; `shell` is what a shell is to do first.
        init(_ arguments: [String], in folder: TemporaryFolder, after shell: String = ":") throws {
            let name = "\(folder.path)/.run-\(UInt64.random(in: 0 ... .max))"
            (output, errors) = ("\(name).out", "\(name).err")
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o644)
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o644)
            let variables = ["HOME=\(folder.path)", "COLUMNS=80", "PATH=/usr/bin:/bin", "TZ=UTC"]
            let script = "cd \"$0\" && \(shell); exec \"$@\""
            var words =
                (["sh", "-c", script, folder.path, BuiltCommand.path] + arguments).map { strdup($0) } + [nil]
            var environment = variables.map { strdup($0) } + [nil]
            defer { (words + environment).forEach { free($0) } }
            var process: pid_t = 0
            let code = posix_spawn(&process, "/bin/sh", &actions, nil, &words, &environment)
            try #require(code == 0, "\(BuiltCommand.path): \(String(cString: strerror(code)))")
            self.process = process
        }

        /// A test that fails leaves no process behind.
        deinit {
            guard kill() else { return }
            waitpid(process, nil, 0)
        }

        /// Whether it has ended by now.
        var hasEnded: Bool {
            if status == nil {
                var found: Int32 = 0
                if waitpid(process, &found, WNOHANG) == process { status = found }
            }
            return status != nil
        }

        /// Kills it; returns whether it was still running.
        func kill() -> Bool { !hasEnded && send(SIGKILL, to: process) }

        /// Waits until standard error holds a text, which it must within half a minute.
        func wait(for text: String) throws {
            for _ in 0..<6000 {
                if try Self.text(of: errors).contains(text) { return }
                usleep(5000)
            }
            Issue.record("\(text) was not said")
        }

        /// Sends a signal once standard error holds a text.
        func signal(_ signal: Int32, after text: String) throws {
            try wait(for: text)
            if !hasEnded { send(signal, to: process) }
        }

        /// Waits for its end.
        func wait() throws -> Outcome {
            var found: Int32 = 0
            if self.status == nil { while waitpid(process, &found, 0) < 0, errno == EINTR {} }
            let status = self.status ?? found
            self.status = status
            let signal = status & 0x7f
            return Outcome(
                code: signal == 0 ? status >> 8 & 0xff : 128 + signal,
                output: try Self.text(of: output),
                errors: try Self.text(of: errors)
            )
        }

        private static func text(of path: String) throws -> String {
            guard let file = fopen(path, "r") else { return "" }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = fread(&block, 1, block.count, file)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += block[..<count]
            }
        }
    }
}

/// The system's `kill`, which the type's own method of that name would hide.
@discardableResult
private func send(_ signal: Int32, to process: pid_t) -> Bool { kill(process, signal) == 0 }
