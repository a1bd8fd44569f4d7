/// The variables of a block, and the block around it.
final class JinjaScope {
    private var values: [String: JinjaValue] = [:]
    private let parent: JinjaScope?

    init(in parent: JinjaScope?) { self.parent = parent }

    /// The value of a variable, here or further out.
    func value(of name: String) -> JinjaValue? {
        var scope: JinjaScope? = self
        while let current = scope {
            if let value = current.values[name] { return value }
            scope = current.parent
        }
        return nil
    }

    /// Sets a variable of this block.
    func set(_ name: String, _ value: JinjaValue) { values[name] = value }

    /// Forgets all variables, so that macros and the scopes that they keep let go of each other.
    func removeAll() { values.removeAll() }
}
