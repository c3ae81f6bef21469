import JSONCoding
import Primitives

/// One name and value of a query string, percent-decoded.
package struct QueryParameter: Sendable, Hashable {
    /// E.g. `filter[where][name]`.
    package let name: String
    /// The text after the equals sign, decoded.
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

    private static let maximumDepth = 40

    /// Collects what a query string says about the parameter `name` (docs/contract/arc-api.md 4.1): `name={…}` and
    /// `name[a][b]=x`. What has no obvious reading is refused: a condition that is left out would change what a bulk
    /// change reaches.
    static func find(_ name: String, in parameters: [QueryParameter]) throws(FilterError) -> QueryValue {
        var text: String?
        var tree = QueryTree()
        // By bytes: a combining mark behind the bracket makes another character of it.
        let prefix = Array("\(name)[".utf8)
        for parameter in parameters {
            if parameter.name.hasSameBytes(as: name) {
                guard text == nil else { throw ambiguous(name, parameter.value, at: "") }
                text = parameter.value
            } else if parameter.name.utf8.starts(with: prefix) {
                guard let path = path(Substring(parameter.name.utf8.dropFirst(prefix.count - 1))) else {
                    throw malformed(name, parameter.name)
                }
                if let place = tree.insert(parameter.value, at: path[...]) {
                    throw ambiguous(name, parameter.value, at: place)
                }
            }
        }
        guard let text else { return tree.isEmpty ? .absent : .tree(tree.value) }
        guard tree.isEmpty else { throw ambiguous(name, text, at: "") }
        return .text(text)
    }

    private static func ambiguous(_ name: String, _ value: String, at place: String) -> FilterError {
        .invalid(
            parameter: name, value: FilterError.quote(value),
            details: [
                ValidationDetail(
                    path: place, code: "ambiguous",
                    message: place.isEmpty
                        ? "must be given once, as JSON or in brackets"
                        : "must be one value, a list or an object; elements with several members need numbers")
            ])
    }

    private static func malformed(_ name: String, _ written: String) -> FilterError {
        .invalid(
            parameter: name, value: FilterError.quote(written),
            details: [
                ValidationDetail(
                    path: "", code: "brackets",
                    message: "must be named like \(name)[a][b], with at most \(maximumDepth) brackets",
                    info: ["limit": .integer(maximumDepth)])
            ])
    }

    /// `[where][name]` as `["where", "name"]`; nil when it is something else.
    private static func path(_ text: Substring) -> [String]? {
        var path: [String] = []
        var rest = text.utf8
        while !rest.isEmpty {
            guard rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")),
                path.count < maximumDepth
            else { return nil }
            path.append(String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self))
            rest = rest[rest.index(after: end)...]
        }
        return path
    }
}
