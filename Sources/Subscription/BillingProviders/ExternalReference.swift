import Entities
import PostgresClient
import Primitives

extension Filter {
    /// The row that a text names by our id or by an id of the provider's, whichever it is (docs/contract/arc-api.md
    /// 15); of several the newest.
    /// - Parameter fields: The fields that hold ids of the provider's.
    static func naming(_ text: String, in fields: [Field<String>]) -> Filter {
        // What no column can hold names nothing.
        guard !text.isEmpty, text.utf8.count <= 1020, !text.utf8.contains(0) else { return Filter(where: .any([])) }
        var conditions = fields.map { Where.equals($0, text) }
        if let id = Identifier(text) {
            conditions.append(.equals(Entity.id, id))
            // Ids of tenants are kept as texts in their canonical form.
            if id.description != text { conditions += fields.map { .equals($0, id.description) } }
        }
        return Filter(where: .any(conditions), order: [Order(AuditBlock.createdOn, descending: true)], limit: 1)
    }
}
