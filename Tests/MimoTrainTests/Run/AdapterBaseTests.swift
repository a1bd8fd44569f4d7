import MimoModel
import MimoTestSupport
import MimoTrain
import Testing

@Suite struct AdapterBaseTests {
    @Test func theBaseOfAnAdapterIsTheOneNamedElseTheOneThatItRecords() throws {
        let temporary = try TemporaryFolder()
        let locator = ModelLocator { _ in nil }
        let base = temporary.path
        let adapter = temporary.file("run/checkpoint-1")
        try temporary.write("{\"model\": \"\(base)\"}", to: "run/checkpoint-1/args.json")
        #expect(try locator.base(ofAdapter: adapter, named: nil) == base)
        #expect(
            try locator.base(ofAdapter: adapter, named: temporary.file("run")) == temporary.file("run")
        )
        try temporary.write("{\"model\": \"/gone\"}", to: "run/checkpoint-1/args.json")
        let gone = ModelError.unreadable(
            path: adapter,
            reason: "its base model /gone is not there; name it with --model"
        )
        #expect(throws: gone) { try locator.base(ofAdapter: adapter, named: nil) }
    }
}
