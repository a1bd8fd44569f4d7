public import MimoFiles

/// A chat template: Jinja as transformers renders it, in an environment that reaches nothing but its context.
///
/// `trim_blocks` and `lstrip_blocks` are on, loop controls and `{% generation %}` are known, `tojson` escapes
/// nothing for HTML, `raise_exception` and `strftime_now` can be called. Templates cannot load others, cannot
/// change what they are given, and stop at ``JinjaLimits``.
public struct JinjaTemplate: Sendable {
    /// What rendering gives.
    public struct Rendering: Sendable, Equatable {
        /// The text.
        public let text: String
        /// What stood in `{% generation %}` blocks, as ranges of the text's UTF-8 bytes, in the order of rendering.
        public let generation: [Range<Int>]
    }

    private let body: [JinjaNode]
    /// Whether the template has `{% generation %}` blocks, so that it says itself what the assistant's part is.
    public let marksGeneration: Bool

    /// Reads a template.
    ///
    /// - Throws: ``JinjaError`` of kind `syntax`.
    public init(_ source: String) throws {
        body = try JinjaParser.parse(source)
        marksGeneration = Self.hasGeneration(body)
    }

    /// The text that the template makes of a context.
    ///
    /// - Parameters:
    ///   - context: the variables of the template.
    ///   - now: what `strftime_now` formats.
    ///   - limits: how much the template may do.
    /// - Returns: the text.
    /// - Throws: ``JinjaError`` with the template's line.
    public func render(
        _ context: JSONObject,
        now: LocalTime = .now,
        limits: JinjaLimits = JinjaLimits()
    ) throws -> String {
        try JinjaRenderer(limits: limits, now: now).render(body, context).text
    }

    /// The text that the template makes of a context, and where its `{% generation %}` blocks are in it.
    ///
    /// - Parameters:
    ///   - context: the variables of the template.
    ///   - now: what `strftime_now` formats.
    ///   - limits: how much the template may do.
    /// - Returns: the text and the ranges.
    /// - Throws: ``JinjaError`` with the template's line; also where a block's place is lost because its text was
    ///   captured and changed before it was written.
    public func renderMarkingGeneration(
        _ context: JSONObject,
        now: LocalTime = .now,
        limits: JinjaLimits = JinjaLimits()
    ) throws -> Rendering {
        let (text, generation) = try JinjaRenderer(limits: limits, now: now)
            .render(body, context, tracingGeneration: true)
        return Rendering(text: text, generation: generation)
    }

    private static func hasGeneration(_ body: [JinjaNode]) -> Bool {
        body.contains { node in
            switch node.statement {
            case .generation: true
            case .condition(let branches, let otherwise):
                branches.contains { hasGeneration($0.body) } || hasGeneration(otherwise)
            case .loop(let loop): hasGeneration(loop.body) || hasGeneration(loop.otherwise)
            case .setBlock(_, _, let body), .filterBlock(_, let body), .with(_, let body): hasGeneration(body)
            case .macro(let macro), .call(_, let macro): hasGeneration(macro.body)
            case .text, .output, .set, .breakLoop, .continueLoop: false
            }
        }
    }
}
