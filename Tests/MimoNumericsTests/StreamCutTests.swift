import Testing

@testable import MimoNumerics

@Suite struct StreamCutTests {
    @Test(
        "Tasks cover all bytes in their order, whatever the number of threads",
        arguments: [1, 2, 3, 5, 16, 64, 256],
        [1, 16_383, 16_384, 16_385, 100_000, 1_105_920, 600_000_000]
    )
    func cover(threads: Int, bytes: Int) {
        let cut = StreamCut(bytes: bytes, threads: threads)
        let starts = (0...cut.tasks).map(cut.start)
        #expect(starts.first == 0 && starts.last == bytes)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("A range's tasks become shorter, down to what a claim may cost")
    func taper() {
        let cut = StreamCut(bytes: 4 << 20, threads: 2)
        let ofRange = cut.tasks / 2
        for range in 0..<2 {
            let starts = (range * ofRange...(range + 1) * ofRange).map(cut.start)
            let lengths = zip(starts, starts.dropFirst()).map { $1 - $0 }
            #expect(lengths.count > 4 && lengths == lengths.sorted(by: >))
            #expect((8 << 10...24 << 10).contains(lengths[ofRange - 1]))
        }
    }
}
