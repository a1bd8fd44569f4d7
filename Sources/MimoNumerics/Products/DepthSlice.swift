/// Some of the depth of a product's term, in passes of about ``Gemm/depthStep``.
struct DepthSlice {
    let term: ProductTerm
    var passes: [Range<Int>]

    /// Cuts the depth of a sum into blocks of about `blockDepth`: what is packed of one is still in the cache when it
    /// is multiplied. Short terms join the block before them.
    static func blocks(of terms: [ProductTerm], step: Int, blockDepth: Int) -> [[DepthSlice]] {
        var blocks: [[DepthSlice]] = []
        var depth = 0
        for term in terms where term.depth > 0 {
            let count = (term.depth + step - 1) / step
            for pass in 0..<count {
                let range = pass * term.depth / count..<(pass + 1) * term.depth / count
                if blocks.isEmpty || depth + range.count > blockDepth + step / 4 {
                    blocks.append([])
                    depth = 0
                }
                depth += range.count
                let last = blocks.count - 1
                if pass > 0, let slice = blocks[last].indices.last {
                    blocks[last][slice].passes.append(range)
                } else {
                    blocks[last].append(DepthSlice(term: term, passes: [range]))
                }
            }
        }
        return blocks
    }
}
