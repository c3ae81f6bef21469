import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The five address fields of a request, as they come in registration and onboarding (docs/contract/arc-api.md 5.2 and
/// 5.4).
struct AddressInput: Sendable, Hashable {
    /// Values in the order of ``Address/parts``; nil for a field that was not sent.
    let fields: [String?]

    init(_ body: JSONObject?) {
        fields = Address.parts.map { body?[$0]?.stringValue }
    }

    /// Whether any field was sent.
    var isGiven: Bool { fields.contains { $0 != nil } }

    /// Whether every field has the same value as a stored address; a missing one counts as null.
    func matches(_ stored: [String?]) -> Bool { fields == stored }

    /// The row to insert; nil when there is no country, without which the original keeps no address.
    func values(id: Identifier) -> FieldValues? {
        guard let country = fields.last ?? nil, !country.isEmpty else { return nil }
        var values = FieldValues(Address.entity)
        values.identifier = id
        for (part, value) in zip(Address.parts, fields) { values[part] = value }
        return values
    }
}
