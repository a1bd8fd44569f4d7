/// How much a template may do: templates come with checkpoints, so they are as hostile as any download.
public struct JinjaLimits: Sendable, Equatable {
    /// Nodes evaluated, and 256-byte blocks of text or list written. Default 20 million, some seconds.
    public var steps = 20_000_000
    /// Expressions, blocks and macros inside each other. Default 160, which an optimised build fits into 512 KiB of
    /// stack.
    public var depth = 160
    /// Bytes of output, and of any one text on the way. Default 64 MiB.
    public var outputBytes = 64 << 20

    /// The default limits.
    public init() {}
}
