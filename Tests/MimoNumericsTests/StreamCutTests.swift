import Testing

@testable import MimoNumerics

@Suite struct StreamCutTests {
    /// The columns of each task, for outputs of so many columns, each of so many bytes.
    private func tasks(_ columns: [Int], columnBytes: Int, threads: Int) -> [[StreamColumns?]] {
        let cut = StreamCut(bytes: columns.reduce(0, +) * columnBytes, threads: threads)
        var first = 0
        return columns.map { count in
            let bytes = first * columnBytes..<(first + count) * columnBytes
            first += count
            return (0..<cut.tasks).map { cut.columns(of: $0, columns: count, bytes: bytes) }
        }
    }

    private func columns(of part: StreamColumns) -> [Int] {
        (0..<StreamColumns.streams).flatMap { stream in part.first.map { $0 + stream * part.apart } }
            + part.rest
    }

    @Test(
        "Tasks take each column of each output once, whatever the number of threads",
        arguments: [1, 2, 3, 5, 16, 64, 256],
        [[1], [3, 1], [576, 192, 192], [1023, 5, 300], [49_152]]
    )
    func cover(threads: Int, outputs: [Int]) {
        for columnBytes in [2, 1152, 8191, 100_000] {
            let tasks = tasks(outputs, columnBytes: columnBytes, threads: threads)
            for (count, parts) in zip(outputs, tasks) {
                #expect(parts.compactMap(\.self).flatMap(columns).sorted() == Array(0..<count))
            }
        }
    }

    @Test(
        "A thread's tasks read on where the one before stopped, in streams that lie a quarter of its range apart"
    )
    func streams() {
        let parts = tasks([4096], columnBytes: 1024, threads: 2)[0].compactMap(\.self)
        #expect(parts.count % 2 == 0 && parts.count > 8)
        for thread in 0..<2 {
            let own = parts[thread * parts.count / 2..<(thread + 1) * parts.count / 2]
            #expect(own.first?.first.lowerBound == thread * 2048)
            #expect(zip(own, own.dropFirst()).allSatisfy { $0.first.upperBound == $1.first.lowerBound })
            #expect(own.last?.first.upperBound == thread * 2048 + 512)
            #expect(own.allSatisfy { $0.apart == 512 && $0.rest.isEmpty })
        }
    }

    @Test("Tasks take each item once, in order", arguments: [1, 2, 3, 5, 16, 64, 256])
    func items(threads: Int) {
        for (count, itemBytes) in [(0, 32_768), (1, 32_768), (27, 32_768), (640, 65_536), (30, 4)] {
            let cut = StreamCut(bytes: count * itemBytes, threads: threads)
            #expect((0..<cut.tasks).flatMap { cut.items(of: $0, count: count) } == Array(0..<count))
        }
    }

    @Test("A thread's tasks become shorter, down to what a claim may cost")
    func taper() {
        let parts = tasks([4096], columnBytes: 1024, threads: 2)[0].compactMap(\.self)
        for thread in 0..<2 {
            let own = parts[thread * parts.count / 2..<(thread + 1) * parts.count / 2].map(\.first.count)
            #expect(own == own.sorted(by: >))
            #expect((8...24).contains((own.last ?? 0) * StreamColumns.streams))
        }
    }
}
