import Testing

@testable import MimoNumerics

@Suite struct StreamOrderTests {
    private let weights = TensorStorage(byteCount: 4096)

    private func address(_ offset: Int) -> UnsafeRawPointer { UnsafeRawPointer(weights.base + offset) }

    @Test("Products are learned once, and again when their size or the number of threads changes")
    func learning() {
        var order = StreamOrder()
        for round in 0..<3 {
            for place in 0..<4 {
                let isKnown = order.reach(address(place * 64), bytes: 64, threads: 2)
                #expect(isKnown == (round > 0))
                if !isKnown { order.learn([address(place * 64), nil], bytes: 64) }
            }
        }
        let isKnownLarger = order.reach(address(0), bytes: 128, threads: 2)
        order.learn([address(0), address(64)], bytes: 128)
        let isKnownThen = order.reach(address(0), bytes: 128, threads: 2)
        let isKnownToMore = order.reach(address(0), bytes: 128, threads: 3)
        #expect([isKnownLarger, isKnownThen, isKnownToMore] == [false, true, false])
    }

    @Test("Products in another order than the last time are found all the same")
    func anotherOrder() {
        var order = StreamOrder()
        for place in [0, 1, 2, 3] where !order.reach(address(place * 64), bytes: 64, threads: 2) {
            order.learn([address(place * 64), nil], bytes: 64)
        }
        for place in [3, 1, 0, 2, 2, 0] {
            let isKnown = order.reach(address(place * 64), bytes: 64, threads: 2)
            #expect(isKnown)
        }
    }
}
