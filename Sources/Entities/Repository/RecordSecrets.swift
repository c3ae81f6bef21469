package import JSONCoding
import PostgresClient
import Primitives

/// Seals secret members of documents and opens them: what entities need to know of encryption.
package protocol MemberSealer: Sendable {
    /// The document to store.
    /// - Parameters:
    ///   - owner: The tenant's id. For another one, it cannot be opened.
    ///   - former: What is stored so far; nil for a new row.
    /// - Throws: When it cannot be sealed.
    func sealed(document: JSONValue, owner: String, former: JSONValue?) throws -> JSONValue
    /// The document in clear; what cannot be opened is left as it is.
    func opened(document: JSONValue, owner: String) -> JSONValue
}

/// The secrets of an entity's rows: which fields have them, whom they are bound to, and how they are opened. A class, because every
/// record has a reference to it.
final class RecordSecrets: Sendable {
    let fields: [FieldDefinition]
    let owner: FieldDefinition
    let sealer: any MemberSealer

    /// Nil for an entity without secrets.
    init?(_ entity: Entity, _ sealer: any MemberSealer) {
        guard !entity.secretFields.isEmpty, let owner = entity.tenantField else { return nil }
        fields = entity.secretFields
        self.owner = owner
        self.sealer = sealer
    }

    /// Writes a row as JSON, with its secrets in clear.
    func writeMembers(of record: Record, to writer: inout JSONWriter) {
        record.writeStoredMembers(to: &writer) { column, writer in
            let field = column.field
            guard column.isShown, field.hasSecretMembers,
                let stored = (try? record.jsonIfPresent(field.name)).flatMap({ $0 }),
                let document = try? JSONValue.parse(stored: stored)
            else { return false }
            writer.key(field.name)
            writer.value(self.opened(document, of: field, in: record))
            return true
        }
    }

    /// A stored document in clear.
    func opened(_ document: JSONValue, of field: FieldDefinition, in record: Record) -> JSONValue {
        guard field.hasSecretMembers, document.pathOfSecret != nil, let owner = owner(of: record) else {
            return document
        }
        return sealer.opened(document: document, owner: owner)
    }

    /// The tenant of a row.
    func owner(of record: Record) -> String? {
        switch owner.type {
        case .identifier: (try? record.identifier(owner.name))?.description
        default: try? record.text(owner.name)
        }
    }

    /// The tenant that values name.
    func owner(in values: FieldValues) -> String? {
        switch values[owner.name] {
        case .identifier(let id): id.description
        case .text(let text): text
        default: nil
        }
    }
}
