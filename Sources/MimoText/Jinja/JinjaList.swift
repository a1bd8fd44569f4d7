/// How large a value is, with all that it holds.
struct JinjaSize {
    /// Lists and dictionaries inside each other.
    var height = 0
    /// Bytes of text, and 16 for every element; what a list holds twice counts twice.
    var weight = 0

    /// Takes in an element of a list or dictionary.
    mutating func add(_ element: JinjaSize) {
        height = max(height, element.height + 1)
        let (sum, overflowed) = weight.addingReportingOverflow(element.weight + 16)
        weight = overflowed ? .max / 2 : min(sum, .max / 2)
    }
}

/// The elements of a list or tuple.
///
/// The size is kept, because lists that hold each other can be exponentially larger than what made them: every
/// walk through a value would have to be bounded, if values were not.
struct JinjaList: RandomAccessCollection, ExpressibleByArrayLiteral {
    let elements: [JinjaValue]
    let size: JinjaSize

    init(_ elements: [JinjaValue]) {
        self.elements = elements
        size = elements.reduce(into: JinjaSize()) { $0.add($1.size) }
    }

    init(arrayLiteral elements: JinjaValue...) { self.init(elements) }

    var startIndex: Int { 0 }
    var endIndex: Int { elements.count }
    subscript(position: Int) -> JinjaValue { elements[position] }
}

extension JinjaValue {
    /// A list of these elements.
    static func list(_ elements: [JinjaValue]) -> JinjaValue { .list(JinjaList(elements)) }

    /// A tuple of these elements.
    static func tuple(_ elements: [JinjaValue]) -> JinjaValue { .tuple(JinjaList(elements)) }

    /// How large the value is, with all that it holds.
    var size: JinjaSize {
        switch self {
        case .string(let text), .markup(let text): JinjaSize(height: 0, weight: text.utf8.count)
        case .list(let list), .tuple(let list): list.size
        case .dictionary(let members): members.size
        default: JinjaSize()
        }
    }

    /// The most elements that a list may get at once, whatever the limits: 64 MiB of them.
    static let mostElements = 1 << 22
    /// The error where a list would get more.
    static let tooManyElements = JinjaError(.limit, "a list of more than \(mostElements) elements")
    /// As many lists inside each other as are safe to walk through on a small stack.
    static let greatestHeight = 200
}
