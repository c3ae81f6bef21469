import JSONCoding
import Primitives

/// What is wrong with a `filter` or `where` from outside; a 400 (docs/contract/arc-api.md 2.3), except for conditions on secrets.
package enum FilterError: Error, Sendable, Hashable {
    /// The parameter is no JSON text.
    case syntax(parameter: String, value: String, message: String)
    /// The parameter does not fit its schema. `value` is its JSON text.
    case invalid(parameter: String, value: String, details: [ValidationDetail])
    /// `order` names a direction other than ASC and DESC.
    case invalidDirection(parameter: String, order: String, details: [ValidationDetail])
    /// `include` names relations that do not exist; entries are JSON texts.
    case unknownRelations(parameter: String, entries: [String], details: [ValidationDetail])
    /// Keys that begin with `$`.
    case forbiddenOperators([String], parameter: String, details: [ValidationDetail])
    /// The database refused a pattern of `regexp`, `like` or a similar operator. The parameter is nil if the condition does
    /// not come from a request.
    case invalidPattern(parameter: String?, details: [ValidationDetail])
    /// The database refused a value of a condition, beyond what its type holds.
    case invalidValue(parameter: String, details: [ValidationDetail])
    /// A condition is about members that are stored encrypted: a 422.
    case secretMembers(parameter: String, details: [ValidationDetail])
    /// The condition of a bulk change is not `{}` but selects every row nevertheless.
    case unrestricted

    /// The stable code.
    package var code: String {
        switch self {
        case .syntax, .invalid, .invalidDirection, .invalidPattern, .invalidValue, .unrestricted:
            "INVALID_PARAMETER_VALUE"
        case .unknownRelations: "INVALID_INCLUSION_FILTER"
        case .forbiddenOperators: "OPERATOR_NOT_ALLOWED_IN_QUERY"
        case .secretMembers: "SECRET_IN_CONDITION"
        }
    }

    /// English text for the client.
    package var message: String {
        switch self {
        case .syntax(let parameter, let value, _):
            "Invalid data \(Self.shorten(Self.quote(value))) for parameter \"\(parameter)\"."
        case .invalid(let parameter, let value, _):
            "Invalid data \(Self.shorten(value)) for parameter \"\(parameter)\"."
        case .invalidDirection(_, let order, _): "The order \(Self.shorten(Self.quote(order))) has invalid direction"
        case .unknownRelations(_, let entries, _):
            "Invalid \"filter.include\" entries: \(Self.shorten(entries.joined(separator: "; ")))"
        case .forbiddenOperators(let names, _, _):
            "Operators \(Self.shorten(names.map(Self.quote).joined(separator: ", "))) are not allowed in query"
        case .invalidPattern: "Invalid pattern in a condition of the query."
        case .invalidValue: "Invalid value in a condition of the query."
        case .secretMembers: "Conditions cannot be about secrets, which are stored encrypted."
        case .unrestricted: "The condition selects every row. Send where={} to change all rows."
        }
    }

    /// The violations, for the error's `details`.
    package var details: [ValidationDetail] {
        switch self {
        case .syntax: []
        case .invalid(_, _, let details), .invalidDirection(_, _, let details), .unknownRelations(_, _, let details),
            .forbiddenOperators(_, _, let details), .invalidPattern(_, let details), .invalidValue(_, let details),
            .secretMembers(_, let details):
            details
        case .unrestricted:
            [
                ValidationDetail(
                    path: "", code: "unrestricted", message: "must leave out some rows, or be {} to mean all of them")
            ]
        }
    }

    /// The parameter that is wrong.
    package var parameter: String? {
        switch self {
        case .syntax(let parameter, _, _), .invalid(let parameter, _, _), .invalidDirection(let parameter, _, _),
            .unknownRelations(let parameter, _, _), .forbiddenOperators(_, let parameter, _),
            .invalidValue(let parameter, _), .secretMembers(let parameter, _):
            parameter
        case .invalidPattern(let parameter, _): parameter
        case .unrestricted: "where"
        }
    }

    /// The parser's complaint, for the error's `details.syntaxError`.
    package var syntaxError: String? {
        if case .syntax(_, _, let message) = self { message } else { nil }
    }

    static func quote(_ text: String) -> String {
        String(decoding: JSONValue.string(text).serialized(), as: UTF8.self)
    }

    /// Enough to recognize the value by; an error need not be as long as its cause.
    private static func shorten(_ text: String) -> String {
        text.utf8.count <= 300 ? text : text.shortened(toBytes: 200)
    }
}
