import JSONCoding
import Primitives

/// The tree that bracketed names spell; leaves are texts. Each place is one of three things: a text (or several, of a
/// repeated name), a list of what `[]` appends, or members.
struct QueryTree {
    private var texts: [String] = []
    private var elements: [QueryTree] = []
    /// The path that follows the `[]` of the elements.
    private var elementPath: ArraySlice<String> = []
    private var keys: [String] = []
    private var children: [ExactText: QueryTree] = [:]

    var isEmpty: Bool { texts.isEmpty && elements.isEmpty && children.isEmpty }

    /// Adds a text at a path.
    /// - Returns: nil, or the JSON pointer of a place that would be two things; then the tree must not be used.
    mutating func insert(_ text: String, at path: ArraySlice<String>) -> String? {
        guard let key = path.first else {
            texts.append(text)
            return elements.isEmpty && children.isEmpty ? nil : ""
        }
        let rest = path.dropFirst()
        if key.isEmpty { return append(text, at: rest) }
        guard texts.isEmpty, elements.isEmpty else { return "" }
        let name = ExactText(key)
        if children[name] == nil { keys.append(key) }
        return children[name, default: QueryTree()].insert(text, at: rest).map { "/\(JSONPointer.escape(key))\($0)" }
    }

    /// `[]` appends. It is ambiguous whether `[][a]` and `[][b]` are one element or two, and where `[][a][]` begins a new
    /// one.
    private mutating func append(_ text: String, at path: ArraySlice<String>) -> String? {
        guard texts.isEmpty, children.isEmpty else { return "" }
        if elements.isEmpty { elementPath = path }
        guard elements.isEmpty || (path == elementPath && !path.contains("")) else { return "" }
        var element = QueryTree()
        let place = element.insert(text, at: path)
        elements.append(element)
        return place
    }

    /// Members that are all numbered are a list, in the order of their numbers, as the qs library reads them: up to 20,
    /// beyond that only without gaps. Else they are members, such as years.
    var value: JSONValue {
        if !elements.isEmpty { return .array(elements.map(\.value)) }
        if children.isEmpty { return texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) }) }
        let numbers = keys.compactMap(Self.index).sorted()
        if numbers.count == keys.count, let last = numbers.last, last <= 20 || last == numbers.count - 1 {
            return .array(numbers.compactMap { children[ExactText(String($0))]?.value })
        }
        return .object(JSONObject(keys.compactMap { key in children[ExactText(key)].map { (key, $0.value) } }))
    }

    /// The position that a key names: `0`, `12`; not `00`, `+1` or `-0`, which no list has.
    private static func index(_ key: String) -> Int? {
        guard let number = Int(key), number >= 0, String(number) == key else { return nil }
        return number
    }
}
