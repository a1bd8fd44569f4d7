import MimoModel
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct ModelLocatorTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private func found(_ model: String, _ environment: [String: String] = [:]) throws -> String {
        var variables = ["HOME": temporary.path]
        variables.merge(environment) { $1 }
        let folder = try ModelLocator.folder(of: model) { variables[$0] }
        return String(folder.trimmingPrefix("\(temporary.path)/"))
    }

    @Test func aSnapshotOfTheHuggingFaceCacheIsFoundByItsId() throws {
        let model = ".cache/huggingface/hub/models--XiaomiMiMo--MiMo-7B-RL"
        try temporary.write("aaa\n", to: "\(model)/refs/main")
        try temporary.write("{}", to: "\(model)/snapshots/aaa/config.json")
        try temporary.write("{}", to: "\(model)/snapshots/bbb/config.json")
        #expect(try found("XiaomiMiMo/MiMo-7B-RL") == "\(model)/snapshots/aaa")
    }

    @Test(arguments: ["HF_HOME", "HF_HUB_CACHE"])
    func theCacheIsWhereTheEnvironmentSays(variable: String) throws {
        let hub = variable == "HF_HOME" ? "elsewhere/hub" : "elsewhere"
        let snapshot = "\(hub)/models--a--b/snapshots/1"
        try temporary.write("{}", to: "\(snapshot)/config.json")
        #expect(try found("a/b", [variable: temporary.file("elsewhere")]) == snapshot)
    }

    @Test(arguments: [
        "hub/models/Qwen/Qwen2___5-0___5B", "hub/Qwen/Qwen2.5-0.5B", "models/Qwen/Qwen2___5-0___5B",
    ])
    func everyLayoutOfTheModelScopeCacheIsKnown(folder: String) throws {
        try temporary.write("{}", to: ".cache/modelscope/\(folder)/config.json")
        #expect(try found("Qwen/Qwen2.5-0.5B") == ".cache/modelscope/\(folder)")
    }

    @Test func anIdThatIsNowhereSaysWhatToDownload() {
        let error = #expect(throws: ModelError.self) { try found("a/b") }
        #expect(error?.description.contains("hf download a/b") == true)
    }

    @Test(arguments: ["model", "/models/a", "./a", "a/b/c", "../a"])
    func whatCanOnlyBeAPathIsTakenAsOne(path: String) throws {
        #expect(try found(path) == path)
    }
}

@Suite struct AvailableCoresTests {
    @Test func atLeastOneCoreIsThere() {
        #expect(AvailableCores.count >= 1)
    }

    @Test(
        arguments: [
            ("0", [0]), ("0-3", [0, 1, 2, 3]), ("0-1,4,6-7", [0, 1, 4, 6, 7]), ("", []), ("3-1", []),
            ("x", []),
        ] as [(String, [Int])]
    )
    func theKernelsListsAreRead(list: String, numbers: [Int]) {
        #expect(AvailableCores.numbers(inList: list) == numbers)
    }
}
