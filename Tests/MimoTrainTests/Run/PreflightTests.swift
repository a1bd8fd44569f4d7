import Testing

@testable import MimoTrain

@Suite struct PreflightTests {
    private let preflight = Preflight(
        rows: 100,
        tokens: 2000,
        countedTokens: 500,
        longest: 90,
        validationRows: 7,
        steps: 21,
        totalTokens: 6000,
        checkpointBytes: 3 << 20,
        checkpoints: 4,
        freeBytes: 12 << 20
    )

    @Test("It says what the run needs")
    func text() {
        #expect(
            preflight.description == """
                rows: 100 with 2000 tokens, 25.0 % of them learned, the longest row 90; 7 rows to validate with
                steps: 21 with 6000 tokens in all
                disk: 4 × 3.0 MiB for checkpoints, 12.0 MiB free
                """
        )
    }

    @Test("A run whose checkpoints do not fit is refused, with a limit that does")
    func refusal() throws {
        try preflight.check(folder: "out")
        var tight = preflight
        tight.freeBytes = (12 << 20) - 1
        #expect(
            throws: TrainError.diskTooSmall(
                folder: "out",
                needed: 12 << 20,
                free: (12 << 20) - 1,
                limit: 1
            )
        ) { try tight.check(folder: "out") }
    }
}
