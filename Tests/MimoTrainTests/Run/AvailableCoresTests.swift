import Testing

@testable import MimoTrain

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
