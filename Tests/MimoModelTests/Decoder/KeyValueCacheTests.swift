import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct KeyValueCacheTests {
    @Test(
        "A cache that grew, its layers in one allocation, in two or each in its own, holds what it held",
        arguments: Golden.tinyModels
    )
    func growth(model: String) throws {
        let decoder = try GoldenRun.decoder(model)
        let ids = (0..<24).map { Int32($0 * 5 % 17) }
        let rowBytes = 2 * decoder.config.keyValueSize * MemoryLayout<Float>.size
        // Two layers in an allocation, and one.
        let (middle, wide) = ((12 << 20) / rowBytes, (40 << 20) / rowBytes)
        func logits(growing lengths: [Int]) -> [Float] {
            let pass = InferencePass(decoder)
            let cache = KeyValueCache(decoder.config, capacity: lengths[0])
            var found = pass.run([(cache, Array(ids[..<8]))], logits: .all).elements
            for (place, id) in ids[8...].enumerated() {
                if place < lengths.count { cache.reserve(inAll: lengths[place]) }
                found += pass.run([(cache, [id])]).elements
            }
            return found
        }
        let expected = logits(growing: [64])
        #expect(logits(growing: [1, 17, 18, 50]) == expected)
        #expect(logits(growing: [8, wide]) == expected)
        #expect(logits(growing: [8, middle, wide]) == expected)
        #expect(logits(growing: [middle]) == expected)
        #expect(logits(growing: [wide]) == expected)
    }
}
