import Testing

@testable import MimoNumerics

@Suite struct StreamOrderTests {
    private let weights = TensorStorage(byteCount: 4096)

    private func address(_ place: Int) -> UnsafeRawPointer { UnsafeRawPointer(weights.base + place * 64) }

    /// Reaches products of 128 bytes by their places, learning what is not known; where the second of two threads is
    /// expected behind each of them.
    private func expectations(_ order: inout StreamOrder, _ places: [Int]) -> [UnsafeRawPointer?] {
        places.map { place in
            if !order.reach(address(place), bytes: 128, threads: 2) {
                order.learn([address(place), address(place + 1)], bytes: 128)
            }
            return order.expected(1)?.start
        }
    }

    @Test("What came behind products the last time is expected behind them")
    func order() {
        var order = StreamOrder(threads: 2)
        #expect(expectations(&order, [0, 10, 20]) == [nil, nil, nil])
        #expect(expectations(&order, [0, 10, 20]) == [nil, address(21), address(1)])
        #expect(expectations(&order, [0, 10, 20]) == [address(11), address(21), address(1)])
        #expect(order.expected(0)?.start == address(0))
        #expect(order.expected(0)?.bytes == 64)
        // Behind what is new nothing is expected; behind what is known, what came there now.
        #expect(expectations(&order, [20, 10]) == [nil, nil])
        #expect(expectations(&order, [20]) == [address(21)])
    }

    @Test("Products that come twice in a round are told apart by what comes before them")
    func twice() {
        var order = StreamOrder(threads: 2)
        for _ in 0..<2 { _ = expectations(&order, [0, 50, 10, 50]) }
        #expect(
            expectations(&order, [0, 50, 10, 50]) == [address(51), address(11), address(51), address(1)]
        )
    }

    @Test("Products are learned again when their size or the number of threads changes")
    func change() {
        var order = StreamOrder(threads: 2)
        for _ in 0..<2 { _ = expectations(&order, [0, 10]) }
        let isKnownLarger = order.reach(address(0), bytes: 256, threads: 2)
        order.learn([address(0), address(2)], bytes: 256)
        let isKnownToMore = order.reach(address(10), bytes: 128, threads: 3)
        #expect([isKnownLarger, isKnownToMore] == [false, false])
        #expect(order.expected(2) == nil)
    }
}
