/// The functions that every template may call.
extension JinjaRenderer {
    /// A function by its name, made when a template first asks for it.
    func global(_ name: String) -> JinjaValue? {
        if let known = globals[name] { return known }
        guard let body = globalBody(name) else { return nil }
        let function = JinjaValue.callable(JinjaCallable(name, body))
        globals[name] = function
        return function
    }

    private func globalBody(_ name: String) -> ((JinjaCallArguments) throws -> JinjaValue)? {
        switch name {
        case "raise_exception":
            { arguments in
                throw JinjaError(
                    .raised,
                    try arguments.bound(to: "message", of: "raise_exception")[0]?.printed ?? ""
                )
            }
        case "strftime_now":
            { [now] arguments in
                guard let format = try arguments.bound(to: "format", of: "strftime_now")[0]?.text else {
                    throw JinjaError(.type, "strftime_now needs a format")
                }
                return .string(now.formatted(format))
            }
        case "range": { [unowned self] in .list(try JinjaGlobals.range($0) { try charge($0) }) }
        case "dict": { .dictionary(try JinjaGlobals.dictionary($0)) }
        case "namespace":
            { [unowned self] arguments in .namespace(namespace(try JinjaGlobals.dictionary(arguments))) }
        case "joiner":
            { arguments in
                let separator = try arguments.bound(to: "sep", of: "joiner")[0] ?? .string(", ")
                var isFirst = true
                return .callable(
                    JinjaCallable("joiner") { _ in
                        defer { isFirst = false }
                        return isFirst ? .string("") : separator
                    }
                )
            }
        case "cycler": { [unowned self] arguments in .namespace(try cycler(arguments.positional)) }
        default: nil
        }
    }

    func namespace(_ attributes: JinjaDictionary) -> JinjaNamespace {
        let namespace = JinjaNamespace(attributes)
        namespaces.append(namespace)
        return namespace
    }

    func cycler(_ items: [JinjaValue]) throws -> JinjaNamespace {
        guard let first = items.first else { throw JinjaError(.type, "at least one item has to be provided") }
        let cycler = namespace(JinjaDictionary())
        var position = 0
        cycler.attributes[.string("current")] = first
        func move(to next: Int) {
            position = next % items.count
            cycler.attributes[.string("current")] = items[position]
        }
        cycler.attributes[.string("next")] = .callable(
            JinjaCallable("next") { _ in
                defer { move(to: position + 1) }
                return items[position]
            }
        )
        cycler.attributes[.string("reset")] = .callable(
            JinjaCallable("reset") { _ in
                move(to: 0)
                return .none
            }
        )
        return cycler
    }
}
