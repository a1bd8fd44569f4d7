import MimoNumerics

extension InferencePass {
    /// Bytes that generation holds at most beside the model: caches, activations, packed weights and logits.
    ///
    /// As in training it is found by a rehearsal, see ``PassFootprint``: of a step that reads a prompt while the
    /// other sequences go on, and of one in which all go on, both at their ends.
    ///
    /// - Parameters:
    ///   - prompt: The most tokens of prompts that a step reads.
    ///   - lengths: Tokens that the sequences of a batch have at their ends, their prompts included.
    /// - Returns: Bytes; 0 without sequences.
    public func footprint(prompt: Int, lengths: [Int]) -> Int {
        guard !lengths.isEmpty else { return 0 }
        let pass = InferencePass(decoder)
        for first in [prompt, 1] {
            let sequences = lengths.enumerated().map { place, length in
                let next = min(length, place == 0 ? first : 1)
                let cache = KeyValueCache(decoder.config, capacity: length)
                cache.advance(by: length - next)
                return (cache: cache, ids: [Int32](repeating: 0, count: next))
            }
            _ = Compute.rehearse { pass.run(sequences) }
        }
        let config = decoder.config
        let tokenBytes = 2 * config.layerCount * config.keyValueSize * MemoryLayout<Float>.size
        // The rows that a pass returns, and the one from which a token is drawn.
        let logits = (lengths.count + 1) * config.vocabularySize * MemoryLayout<Float>.size
        let growth = min(KeyValueCache.allocationBytes, tokenBytes * (lengths.max() ?? 0))
        return pass.heldBytes + logits + tokenBytes * lengths.reduce(0, +) + growth
    }
}
