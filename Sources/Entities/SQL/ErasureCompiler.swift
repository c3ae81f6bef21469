package import PostgresClient
package import Primitives

/// The statement that erases the personal data of a tenant in one entity, made from its description.
package struct EntityErasure: Sendable {
    package let entity: Entity
    /// The names of the fields that are erased.
    package let fields: [String]
    /// The names of the fields with personal data that are kept for invoices.
    package let keptFields: [String]
    /// Deleted rows too. Changes nothing that was erased before. Nil if no field is erased.
    package let statement: BoundStatement?

    /// - Parameter keepsFiscalRecords: Whether the tenant has invoices.
    package init?(_ entity: Entity, of tenant: Identifier, keepsFiscalRecords: Bool) {
        let personal = entity.properties.filter { $0.personalData != nil }
        let condition = entity.tenancy.condition(alias: "t0", tenant: "$1") { entity.field(named: $0) }
        guard !personal.isEmpty, let condition else { return nil }
        let kept = personal.filter { keepsFiscalRecords && $0.personalData?.isFiscal == true }
        let erased = personal.filter { !kept.contains($0) }
        self.entity = entity
        fields = erased.map(\.name)
        keptFields = kept.map(\.name)
        let changes = erased.compactMap { field in
            field.personalData.map { (SQLText.quote(field.column), Self.value(of: $0.remainder, field)) }
        }
        guard !changes.isEmpty else {
            statement = nil
            return
        }
        let assignments = changes.map { "\($0) = \($1)" }.joined(separator: ", ")
        let differences = changes.map { "t0.\($0) IS DISTINCT FROM \($1)" }.joined(separator: " OR ")
        statement = BoundStatement(
            PostgresStatement(
                "UPDATE \(SQLText.table(entity.table)) AS t0 SET \(assignments) WHERE \(condition) AND (\(differences))"
            ),
            [.identifier(tenant)])
    }

    /// SQL of what is left. The texts come from descriptions only.
    private static func value(of remainder: PersonalData.Remainder, _ field: FieldDefinition) -> String {
        switch remainder {
        case .nothing: "NULL"
        case .text(let text): "'\(text.replacing("'", with: "''"))'"
        case .unreachableAddress: "'erased-' || t0.\"id\" || '@erased.invalid'"
        case .empty: field.type == .strings ? "'{}'::varchar[]" : "'{}'::jsonb"
        }
    }
}
