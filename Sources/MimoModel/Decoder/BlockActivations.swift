import MimoNumerics

/// What a block's forward keeps for its backward.
///
/// T tokens, W of them wanted (T in all blocks but perhaps the last); H heads of size D, Hkv key heads.
struct BlockActivations {
    /// The residual stream before the block, `[T, C]`.
    let input: Tensor
    /// `[1, T]`
    let inputRstd: Tensor
    /// Rotated queries, `[W, H · D]`.
    let q: Tensor
    /// Rotated keys and the values, `[T, Hkv · D]`.
    let k: Tensor
    let v: Tensor
    /// Queries and keys before their norm, and the norms' factors, where the architecture has them.
    let headNorms: HeadNormActivations?
    /// `[W, H · D]`, and the log of each softmax's denominator, `[W, H]`.
    let attention: Tensor
    let lse: Tensor
    /// The residual stream after attention, `[W, C]`.
    let middle: Tensor
    /// `[1, W]`
    let middleRstd: Tensor
    /// `[W, F]`; the backward overwrites them with their gradients.
    let gate: Tensor
    let up: Tensor
    /// A · dropout(x) of each adapted linear, `[W or T, r]`.
    let savedAttentionInputs: LinearGroup.Saved
    let savedAttentionOutput: LinearGroup.Saved
    let savedFeedForwardInputs: LinearGroup.Saved
    let savedFeedForwardOutput: LinearGroup.Saved
}

/// What the norms of query and key heads keep: the heads before the norm, `[rows, heads · D]`, and
/// their 1/rms, `[1, rows · heads]`.
struct HeadNormActivations {
    let q: Tensor
    let k: Tensor
    let qRstd: Tensor
    let kRstd: Tensor
}
