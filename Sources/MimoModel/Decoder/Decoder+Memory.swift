import MimoNumerics

extension Decoder {
    /// Bytes of the mapped file that become resident when it is trained on.
    ///
    /// - Parameter distinctTokens: How many different tokens the rows hold: so many rows of the embedding are
    ///   read, each with what the system maps around it.
    /// - Returns: Bytes, the head and all linears included.
    public func mappedBytes(distinctTokens: Int) -> Int {
        let ahead = prediction?.projection.weight.mappedBytes ?? 0
        let linears = (blocks + (prediction.map { [$0.block] } ?? [])).reduce(ahead) { sum, block in
            DecoderLinear.allCases.reduce(sum) { $0 + block[$1].weight.mappedBytes }
        }
        let around = max(64 << 10, 2 * embedding.byteRange.count / max(1, embedding.rows))
        let embedded =
            isHeadTied ? 0 : min(embedding.mappedBytes, distinctTokens * around)
        return linears + head.mappedBytes + embedded
    }

    /// By how many of these bytes less is resident where a pass streams the weights of so many blocks.
    public func streamedBytes(_ blocks: Int) -> Int { WeightStream.savedBytes(self, blocks: blocks) }
}

extension Decoder {
    /// Bytes of stored weights that decoding one token reads: all linears and the head.
    public var decodedBytes: Int {
        blocks.reduce(head.byteRange.count) { sum, block in
            DecoderLinear.allCases.reduce(sum) { $0 + block[$1].weight.byteRange.count }
        }
    }
}
