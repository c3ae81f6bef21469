import JSONCoding

/// One name and value of a query string, percent-decoded.
package struct QueryParameter: Sendable, Hashable {
    /// E.g. `filter[where][name]`.
    package let name: String
    /// What stands behind the equals sign, decoded.
    package let value: String

    /// A parameter.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A parameter as it was found in a query string: JSON text, or the tree that the bracket form spells.
enum QueryValue {
    case absent
    case text(String)
    case tree(JSONValue)

    /// Collects what a query string says about the parameter `name` (contract 4.1): `name={…}` and
    /// `name[a][b]=x`. Of both, and of a repeated `name=`, no reading would be the obvious one.
    static func find(_ name: String, in parameters: [QueryParameter]) throws(FilterError) -> QueryValue {
        var text: String?
        var tree = QueryTree()
        for parameter in parameters {
            if parameter.name == name {
                guard text == nil else { throw ambiguous(name, parameter.value) }
                text = parameter.value
            } else if parameter.name.hasPrefix(name), let path = path(parameter.name.dropFirst(name.count)) {
                tree.insert(parameter.value, at: path[...])
            }
        }
        guard let text else { return tree.isEmpty ? .absent : .tree(tree.value) }
        guard tree.isEmpty else { throw ambiguous(name, text) }
        return .text(text)
    }

    private static func ambiguous(_ name: String, _ value: String) -> FilterError {
        .invalid(
            parameter: name, value: FilterError.quote(value),
            details: [
                ValidationDetail(path: "", code: "ambiguous", message: "must be given once, as JSON or in brackets")
            ])
    }

    /// `[where][name]` as `["where", "name"]`; nil when it is something else.
    private static func path(_ text: Substring) -> [String]? {
        var path: [String] = []
        var rest = text
        while !rest.isEmpty {
            guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return nil }
            path.append(String(rest[rest.index(after: rest.startIndex)..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return path.isEmpty || path.count > 40 ? nil : path
    }
}

/// The tree that bracketed names spell; leaves are texts.
private struct QueryTree {
    private var texts: [String] = []
    private var keys: [String] = []
    private var children: [String: QueryTree] = [:]

    var isEmpty: Bool { texts.isEmpty && children.isEmpty }

    mutating func insert(_ text: String, at path: ArraySlice<String>) {
        guard let key = path.first else { return texts.append(text) }
        // `a[]=x&a[]=y` lists its values like `a=x&a=y`.
        if key.isEmpty, path.count == 1 { return texts.append(text) }
        if children[key] == nil { keys.append(key) }
        children[key, default: QueryTree()].insert(text, at: path.dropFirst())
    }

    /// Members numbered from 0 are a list, as the qs library reads them.
    var value: JSONValue {
        if children.isEmpty {
            return texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) })
        }
        let numbers = keys.compactMap { Int($0) }.sorted()
        if numbers.count == keys.count, numbers == Array(0..<numbers.count) {
            return .array(numbers.compactMap { children[String($0)]?.value } + texts.map { .string($0) })
        }
        return .object(JSONObject(keys.compactMap { key in children[key].map { (key, $0.value) } }))
    }
}
