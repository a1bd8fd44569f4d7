import MimoModel
import MimoTestSupport
import Testing

@Suite struct ModelLocatorTests {
    /// A locator in an environment of its own, with a home folder for a test.
    static func locator(_ home: TemporaryFolder, _ variables: [String: String] = [:]) -> ModelLocator {
        let path = home.path
        return ModelLocator { name in name == "HOME" ? path : variables[name] }
    }

    @Test func `a folder comes before all caches`() throws {
        let home = try TemporaryFolder()
        try home.write("{}", to: "model/config.json")
        #expect(try Self.locator(home).directory(for: home.file("model")) == home.file("model"))
        #expect(try Self.locator(home).directory(for: "~/model") == home.file("model"))
    }

    @Test func `Hugging Face's main branch is found by its note`() throws {
        let home = try TemporaryFolder()
        let model = ".cache/huggingface/hub/models--XiaomiMiMo--MiMo-7B-RL"
        try home.write("aaa\n", to: "\(model)/refs/main")
        try home.write("bbb", to: "\(model)/refs/older")
        for commit in ["aaa", "bbb"] { try home.write("{}", to: "\(model)/snapshots/\(commit)/config.json") }
        let locator = Self.locator(home)
        let snapshots = home.file("\(model)/snapshots")
        #expect(try locator.directory(for: "XiaomiMiMo/MiMo-7B-RL") == "\(snapshots)/aaa")
        #expect(try locator.directory(for: "XiaomiMiMo/MiMo-7B-RL", revision: "older") == "\(snapshots)/bbb")
        #expect(try locator.directory(for: "XiaomiMiMo/MiMo-7B-RL", revision: "bbb") == "\(snapshots)/bbb")
        for revision in ["ccc", "../../..", ".."] {
            #expect(throws: ModelError.self) {
                try locator.directory(for: "XiaomiMiMo/MiMo-7B-RL", revision: revision)
            }
        }
    }

    @Test func `without a note one snapshot is found, two are not guessed`() throws {
        let home = try TemporaryFolder()
        let model = "cache/models--gpt"
        try home.write("{}", to: "\(model)/snapshots/aaa/config.json")
        try home.write("x", to: "\(model)/snapshots/unfinished/tokenizer.json")
        let locator = Self.locator(home, ["HF_HUB_CACHE": home.file("cache"), "HF_HOME": "/nowhere"])
        #expect(try locator.directory(for: "gpt") == home.file("\(model)/snapshots/aaa"))
        try home.write("{}", to: "\(model)/snapshots/bbb/config.json")
        #expect(throws: ModelError.self) { try locator.directory(for: "gpt") }
    }

    @Test(arguments: [
        (["HF_HOME": "HOME/hf"], "hf/hub/models--a--b/snapshots/1"),
        (["XDG_CACHE_HOME": "HOME/xdg"], "xdg/huggingface/hub/models--a--b/snapshots/1"),
        (["HF_HOME": ""], ".cache/huggingface/hub/models--a--b/snapshots/1"),
        ([:], ".cache/modelscope/hub/models/a/b"), ([:], ".cache/modelscope/hub/a/b"),
        (["MODELSCOPE_CACHE": "HOME/ms"], "ms/models/a/b"),
        (["MODELSCOPE_CACHE": "HOME/ms"], "ms/hub/models/a/b"),
    ])
    func `caches lie where the environment says`(variables: [String: String], place: String) throws {
        let home = try TemporaryFolder()
        try home.write("{}", to: "\(place)/config.json")
        let set = variables.mapValues { $0.hasPrefix("HOME") ? home.path + $0.dropFirst(4) : $0 }
        #expect(try Self.locator(home, set).directory(for: "a/b") == home.file(place))
    }

    @Test func `ModelScope's underscores stand for dots`() throws {
        let home = try TemporaryFolder()
        try home.write("{}", to: ".cache/modelscope/hub/models/Qwen/Qwen2___5-7B/config.json")
        #expect(
            try Self.locator(home).directory(for: "Qwen/Qwen2.5-7B")
                == home.file(".cache/modelscope/hub/models/Qwen/Qwen2___5-7B")
        )
    }

    @Test func `a model that is not there is an error that says what to download`() throws {
        let home = try TemporaryFolder()
        let error = #expect(throws: ModelError.self) { try Self.locator(home).directory(for: "a/b") }
        #expect(
            error?.description == """
                a/b: no such folder, and not downloaded to \(home.path)/.cache/huggingface/hub or \
                \(home.path)/.cache/modelscope/hub; download it with: hf download a/b, \
                or: modelscope download --model a/b
                """
        )
        for path in ["./missing", "/missing", "a/b/c", "../a", "a b", "", "~", "a/../b"] {
            let error = #expect(throws: ModelError.self) { try Self.locator(home).directory(for: path) }
            #expect(error == .modelNotFound(name: path, searched: []))
        }
    }
}
