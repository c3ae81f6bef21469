/// Which rows of an entity a tenant's own users see and change. The condition is part of every statement that runs
/// in a tenant's scope; row-level security enforces the same independently.
package enum Tenancy: Sendable, Hashable {
    /// A catalog: every row, for every tenant (plans, currencies).
    case shared
    /// The rows whose field of that name holds the tenant's id; made by ``column(_:)``.
    case column(name: String)
    /// The row is the tenant: its own id.
    case identity
    /// SQL over `{row}`, the alias of the row, and `{tenant}`, the tenant's id as a `uuid` parameter. From the
    /// description only, never from input: `{row}.id IN (SELECT lead_id FROM main.tenants WHERE id = {tenant})`.
    case custom(String)
    /// No rows for tenants, ever.
    case operatorOnly

    /// The rows whose field holds the tenant's id.
    package static func column(_ field: some EntityField) -> Tenancy { .column(name: field.name) }
}

/// The audit block of a table: `deleted, deletedOn, deletedBy, createdOn, modifiedOn, createdBy, modifiedBy`
/// (docs/contract/arc-api.md 5). The server sets it; bodies may hold it and it is ignored there
/// (docs/contract/arc-api.md 15).
package enum Audit: Sendable, Hashable {
    /// Columns, and part of the JSON in both directions.
    case visible
    /// Columns, but not in JSON (docs/contract/arc-api.md 6.5, currencies).
    case hidden
    /// No such columns: a delete removes the row.
    case none

    /// Whether the table has the columns, and deletes are soft.
    var hasColumns: Bool { self != .none }
}

/// What the columns `created_by` and `modified_by` hold; `deleted_by` is a `uuid` in every table.
package enum AuditActors: Sendable, Hashable {
    /// `uuid`: users whose ids are not UUIDs leave them empty (docs/contract/arc-api.md 15).
    case identifiers
    /// `varchar(100)`, as in the tables of the feature toggles (docs/contract/arc-api.md 6.12): the id as the token has
    /// it.
    case texts
}
