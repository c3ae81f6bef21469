package import Primitives

/// One kind of thing the API keeps, described once. Table, columns, JSON in and out, validation, documents and
/// filters all come from this description.
///
/// Every table has `id uuid` and `row_version bigint`; a trigger raises the latter, and maintains `modified_on`, at
/// every update.
package final class Entity: Sendable {
    /// The schema of PostgreSQL that all tables are in (docs/contract/arc-api.md 8).
    package static let databaseSchema = "main"

    /// The primary key, which every entity has.
    package static let id = Field<Identifier>(
        FieldDefinition("id", type: .identifier, access: .readOnly, schema: .string(format: .uuid)))

    /// The model's name, e.g. `Tenant`.
    package let name: String
    /// The table's name, e.g. `tenants`.
    package let table: String
    /// What it is, for documents.
    package let description: String
    /// Whether the table has the audit block, and whether JSON shows it.
    package let audit: Audit
    /// How the audit block identifies users.
    package let actors: AuditActors
    /// Which rows a tenant's users see.
    package let tenancy: Tenancy
    /// The model's own fields, without `id` and the audit block.
    package let fields: [FieldDefinition]
    /// What `include` may name.
    package let relations: [Relation]
    /// What no two rows may share.
    package let uniqueKeys: [UniqueKey]
    /// What the database checks between fields.
    package let rules: [RowRule]
    /// Properties whose columns are never NULL, including `id`: an index can find a page of a list sorted by them.
    package let alwaysSet: Set<String>
    /// Every column in JSON order: audit block, `id`, fields.
    package let properties: [FieldDefinition]
    /// The body of a create: no `id`.
    package let newSchema: Schema
    /// The body of a replacement (PUT): all required members.
    package let replacementSchema: Schema
    /// The body of a change (PATCH): nothing required.
    package let partialSchema: Schema
    /// The response, without relations.
    package let schema: Schema
    /// The response with the relations that `include` adds; `schema` itself if the entity has no relations.
    package let schemaWithRelations: Schema

    /// The fields whose documents may have secret members.
    package let secretFields: [FieldDefinition]

    let fieldIndex: [ExactText: Int]
    let relationIndex: [ExactText: Int]
    /// Everything a read can return, prepared once.
    let allColumns: Projection
    let statements: FixedStatements
    let insertStatements = StatementCache()

    /// Describes an entity; see the properties.
    package init(
        _ name: String, table: String, description: String = "", audit: Audit = .visible,
        actors: AuditActors = .identifiers, tenancy: Tenancy, fields: [any EntityField], relations: [Relation] = [],
        uniqueKeys: [UniqueKey] = [], rules: [RowRule] = [], alwaysSet: [any EntityField] = []
    ) {
        let fields = fields.map(\.definition)
        self.name = name
        self.table = table
        self.description = description
        self.audit = audit
        self.actors = actors
        self.tenancy = tenancy
        self.fields = fields
        self.relations = relations
        self.uniqueKeys = uniqueKeys
        self.rules = rules
        secretFields = fields.filter(\.hasSecretMembers)
        self.alwaysSet = Set(alwaysSet.map(\.name)).union([Entity.id.name])
        let auditFields =
            switch audit {
            case .visible: AuditBlock.fields(actors)
            case .hidden: AuditBlock.hiddenFields(actors)
            case .none: [FieldDefinition]()
            }
        properties = auditFields + [AuditBlock.identifier] + fields
        fieldIndex = Self.index(properties.map(\.name))
        relationIndex = Self.index(relations.map(\.name))
        let schemas = EntitySchemas(
            name, description: description, audit: audit, fields: fields, relations: relations,
            alwaysSet: self.alwaysSet)
        newSchema = schemas.new
        replacementSchema = schemas.replacement
        partialSchema = schemas.partial
        schema = schemas.response
        schemaWithRelations = schemas.responseWithRelations
        allColumns = Projection(properties)
        statements = FixedStatements(table: table, audit: audit, tenancy: tenancy, properties: properties)
    }

    private static func index(_ names: [String]) -> [ExactText: Int] {
        Dictionary(names.enumerated().map { (ExactText($1), $0) }) { first, _ in first }
    }

    /// The field of that JSON name, `id` and the audit block included.
    package func field(named name: String) -> FieldDefinition? { fieldIndex[ExactText(name)].map { properties[$0] } }

    /// The relation of that name.
    package func relation(named name: String) -> Relation? { relationIndex[ExactText(name)].map { relations[$0] } }

    /// A field that JSON shows: what filters may name.
    func visibleField(named name: String) -> FieldDefinition? {
        field(named: name).flatMap { $0.access == .hidden ? nil : $0 }
    }
}

extension Entity: Hashable {
    package static func == (one: Entity, other: Entity) -> Bool { one === other || one.name == other.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
