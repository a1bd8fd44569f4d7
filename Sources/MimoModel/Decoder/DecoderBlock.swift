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
    var q: AdaptedLinear
    var k: AdaptedLinear
    var v: AdaptedLinear
    var o: AdaptedLinear
    var gate: AdaptedLinear
    var up: AdaptedLinear
    var down: AdaptedLinear
    let attention: Attention
    let epsilon: Float

    /// The linear of that name.
    subscript(linear: DecoderLinear) -> AdaptedLinear {
        get { self[keyPath: Self.path(linear)] }
        set { self[keyPath: Self.path(linear)] = newValue }
    }

    static func path(_ linear: DecoderLinear) -> WritableKeyPath<DecoderBlock, AdaptedLinear> {
        switch linear {
        case .query: \.q
        case .key: \.k
        case .value: \.v
        case .output: \.o
        case .gate: \.gate
        case .up: \.up
        case .down: \.down
        }
    }

    /// Whether any linear has a low-rank update, or anything of the block itself is trained.
    var isTrained: Bool { DecoderLinear.allCases.contains { self[$0].isTrained } || trainsNorms }

    /// Whether a norm is trained, whose gradient takes the way to the block's input.
    var trainsNorms: Bool {
        [inputNorm, postAttentionNorm, queryNorm, keyNorm].contains { $0?.gradient != nil }
    }

    var keyValues: LinearGroup { LinearGroup(linears: [k, v], layer: index, site: .attentionInput) }
    var queries: LinearGroup { LinearGroup(linears: [q], layer: index, site: .attentionInput) }
    var attentionInputs: LinearGroup { LinearGroup(linears: [q, k, v], layer: index, site: .attentionInput) }
    var attentionOutput: LinearGroup { LinearGroup(linears: [o], layer: index, site: .attentionOutput) }
    var feedForwardInputs: LinearGroup {
        LinearGroup(linears: [gate, up], layer: index, site: .feedForwardInput)
    }
    var feedForwardOutput: LinearGroup {
        LinearGroup(linears: [down], layer: index, site: .feedForwardOutput)
    }
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
