import MimoNumerics

/// One decoder block: attention and feed-forward, each behind a norm and beside a residual.
///
/// x ─ norm ─ q,k,v ─ (q/k norm) ─ rotary ─ attention ─ o ─(+x)─ norm ─ gate,up ─ SwiGLU ─ down ─(+)─▶
struct DecoderBlock: Sendable {
    let index: Int
    var inputNorm: NormWeight
    var postAttentionNorm: NormWeight
    /// Norms of each query and key head, where the architecture has them (Qwen3).
    var queryNorm: NormWeight?
    var keyNorm: NormWeight?
    /// q, k and v.
    var attentionInputs: LinearGroup
    var attentionOutput: LinearGroup
    /// Gate and up.
    var feedForwardInputs: LinearGroup
    var feedForwardOutput: LinearGroup
    let attention: Attention
    let epsilon: Float

    /// The linear of that name.
    subscript(linear: DecoderLinear) -> AdaptedLinear {
        get { self[keyPath: Self.path(linear)] }
        set { self[keyPath: Self.path(linear)] = newValue }
    }

    static func path(_ linear: DecoderLinear) -> WritableKeyPath<DecoderBlock, AdaptedLinear> {
        switch linear {
        case .query: \.attentionInputs.linears[0]
        case .key: \.attentionInputs.linears[1]
        case .value: \.attentionInputs.linears[2]
        case .output: \.attentionOutput.linears[0]
        case .gate: \.feedForwardInputs.linears[0]
        case .up: \.feedForwardInputs.linears[1]
        case .down: \.feedForwardOutput.linears[0]
        }
    }

    /// Whether any linear has a low-rank update, or anything of the block itself is trained.
    var isTrained: Bool { DecoderLinear.allCases.contains { self[$0].isTrained } || trainsNorms }

    /// Whether a norm is trained, whose gradient takes the way to the block's input.
    var trainsNorms: Bool {
        [inputNorm, postAttentionNorm, queryNorm, keyNorm].contains { $0?.gradient != nil }
    }

    /// Where only some tokens' queries are wanted, they are formed apart from the keys and values of all.
    var queries: LinearGroup { attentionInputs.only(0..<1) }
    var keyValues: LinearGroup { attentionInputs.only(1..<3) }
}

/// The memory that a pass runs in.
struct PassMemory {
    let gemm: Gemm
    /// What the backward needs.
    let kept: Arena
    /// What an operation needs until it returns.
    let scratch: Arena

    /// Runs attention with scratch of its own for each thread.
    func withScratch(of attention: Attention, _ body: (Tensor) -> Void) {
        let mark = scratch.mark
        body(scratch.tensor(rows: Compute.threads, columns: attention.scratchFloats))
        scratch.release(to: mark)
    }
}

/// What a pass knows about the tokens it runs over, the same for every block.
struct BlockContext {
    /// What the queries see; rows of the keys are rows of `keys` below.
    let layout: [QuerySpan]
    /// Angles of the tokens.
    let rotary: RotaryTable
    let dropout: DropoutPlan?
    let memory: PassMemory
    /// For the last block of training: the tokens whose output is wanted, rising; nil: all of them.
    var wanted: [Int]?
    /// What the wanted tokens' queries see, their angles and their dropout.
    var wantedLayout: [QuerySpan] = []
    var wantedRotary: RotaryTable?
    var wantedDropout: DropoutPlan?

    /// The context in which only the wanted tokens' outputs are formed.
    func wanting(_ tokens: [Int], pack: PackLayout) -> BlockContext {
        var context = self
        context.wanted = tokens
        context.wantedLayout = pack.attention(of: tokens)
        context.wantedRotary = rotary.gathered(tokens)
        context.wantedDropout = dropout?.gathered(tokens)
        return context
    }
}
