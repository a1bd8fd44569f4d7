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

/// Runs that are killed at random instants, in steps, saves, rotations and appends to logs, and gone on with, end
/// as if nothing had happened.
///
/// A few kills by default; `MIMO_KILLS` asks for more:
///
///     MIMO_KILLS=200 bash Tests/run.sh --filter KillTests
@Suite(.serialized, .timeLimit(.minutes(60)))
struct KillTests {
    static let wanted = ProcessInfo.processInfo.environment["MIMO_KILLS"].flatMap { Int($0) } ?? 6

    @Test func aRunThatIsKilledAnywhereEndsAsIfItHadNotBeen() throws {
        let whole = try SproutRun()
        let begin = ContinuousClock.now
        let outcome = try BuiltCommand.run(whole.arguments(), in: whole.folder)
        let duration = (ContinuousClock.now - begin) / .seconds(1)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let expected = try whole.remains()
        #expect(expected.count > 10)

        var kills = 0
        var ends = 0
        var resumptions = 0
        while kills < Self.wanted {
            let run = try SproutRun()
            while true {
                let threads = ["--threads", String(Int.random(in: 1...2))]
                let running = try BuiltCommand.Running(run.arguments(threads), in: run.folder)
                if kills < Self.wanted {
                    usleep(UInt32(Double.random(in: 0..<duration * 0.8) * 1e6))
                    if kill(running.process, SIGKILL) == 0 { kills += 1 }
                }
                let outcome = try running.wait()
                if outcome.errors.contains("going on from") { resumptions += 1 }
                if outcome.code == 0 { break }
                guard outcome.code == 128 + SIGKILL else {
                    Issue.record("after \(kills) kills: \(outcome.errors)")
                    return
                }
            }
            ends += 1
            let found = try run.remains()
            #expect(found.keys.sorted() == expected.keys.sorted())
            for (name, content) in expected {
                #expect(found[name] == content, "\(name) after \(kills) kills")
            }
        }
        print("\(kills) kills, \(resumptions) resumptions, \(ends) runs brought to the same end")
    }
}
