import Billing
import BillingPreview
import JSONCoding

/// What a line of an invoice says about its amount, for comparing what is stored with what the engine says. Pure.
///
/// Figures are compared, and the formula that they stand in. Words may be others in another release.
struct LineExplanation: Sendable, Hashable {
    private let members: JSONObject

    /// - Parameter details: As they are stored; none for a line that has no explanation.
    init(stored details: JSONObject) {
        var members = details
        members["description"] = nil
        if case .object(var explanation) = members["explanation"] {
            explanation["rule"] = nil
            members["explanation"] = .object(explanation)
        }
        self.members = members
    }

    /// What the engine says. Throws `JSONParseError`.
    init(_ line: InvoiceLine) throws(JSONParseError) {
        let details = try JSONValue.parse(stored: InvoiceLineJSON(line, hasTaxes: true).jsonBytes())
        self.init(stored: details.objectValue ?? JSONObject())
    }

    /// The paths of the members that differ: `explanation.formula`.
    func differences(from other: LineExplanation) -> [String] {
        Self.differences(.object(members), .object(other.members), at: "")
    }

    private static func differences(_ value: JSONValue?, _ other: JSONValue?, at path: String) -> [String] {
        guard value != other else { return [] }
        guard let members = value?.objectValue, let others = other?.objectValue else { return [path] }
        let names = members.keys + others.keys.filter { members[$0] == nil }
        return names.flatMap { name in
            differences(members[name], others[name], at: path.isEmpty ? name : "\(path).\(name)")
        }
    }
}
