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
    func aPathThatIsNotThereIsSaidToBeMissing(path: String) throws {
        #expect(throws: ModelError.unreadable(path: path, reason: "there is no such model folder")) {
            try found(path)
        }
    }

    @Test func aFolderThatIsThereIsTakenEvenWhereItLooksLikeAnId() throws {
        #expect(try ModelLocator.folder(of: temporary.path) == temporary.path)
    }

    @Test func theBaseOfAnAdapterIsTheOneNamedElseTheOneThatItRecords() throws {
        let base = temporary.path
        let adapter = temporary.file("run/checkpoint-1")
        try temporary.write("{\"model\": \"\(base)\"}", to: "run/checkpoint-1/args.json")
        #expect(try ModelLocator.base(ofAdapter: adapter, named: nil) == base)
        #expect(
            try ModelLocator.base(ofAdapter: adapter, named: temporary.file("run")) == temporary.file("run")
        )
        try temporary.write("{\"model\": \"/gone\"}", to: "run/checkpoint-1/args.json")
        let gone = ModelError.unreadable(
            path: adapter,
            reason: "its base model /gone is not there; name it with --model"
        )
        #expect(throws: gone) { try ModelLocator.base(ofAdapter: adapter, named: nil) }
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
