package import PostgresClient

/// Why a value was refused by the database although its schema let it pass.
package enum InvalidReason: String, Sendable, Hashable {
    /// The column must not be unset.
    case required
    /// The text is longer than the column.
    case tooLong
    /// The number or date is beyond the column's range.
    case outOfRange
    /// The text cannot be read as a value of the column's type.
    case malformed
    /// A rule of the table forbids it.
    case rejected
}

/// What a repository can answer instead of rows. Texts hold nothing but what the client itself sent or what
/// docs/contract/arc-api.md 2.3 shows; never SQL.
package enum RepositoryError: Error, Sendable, Hashable {
    /// No such row, or not for this caller: 404. `entity` is the model's name.
    case notFound(entity: String, table: String, id: String)
    /// Unique violation, 409; e.g. `Key (key)=(abc) already exists.`
    case conflict(detail: String)
    /// Other rows refer to this one, 409; e.g. `Key (id)=(…) is still referenced from table "contacts".`
    case stillReferenced(detail: String)
    /// The row referred to does not exist, 404; e.g. `Key (tenant_id)=(…) is not present in table "tenants".`
    case relatedNotFound(detail: String)
    /// A value the database refuses, 422; the field's JSON name when it is known.
    case invalid(field: String?, reason: InvalidReason)
    /// Values that do not go together, by a ``RowRule``: 422.
    case ruleViolation(ValidationDetail)
    /// The caller may not write such a row: 403.
    case forbidden
    /// A replacement's body has another id than its path: 400.
    case identifierChanged(from: String, to: String)
    /// The row is not at the version the caller demanded; `current` is the version it has: 412.
    case versionMismatch(current: Int64)
    /// More rows match than one bulk change may touch: 422. Nothing was changed.
    case tooManyRows(limit: Int)
    /// A condition that only the database could judge, or that is refused for a bulk change: 400.
    case invalidFilter(FilterError)
    /// A rule that the database enforces by an error code of this project (`ARC03`…): 409. `detail` is what the rule says
    /// for code; it is shown to nobody as it is.
    case refused(SQLState, detail: String?)
    /// Lost against a concurrent transaction, nothing was changed; may be tried again: 503.
    case contention
    /// The database cannot be reached, nothing was changed: 503.
    case unavailable
    /// Canceled by the database for its time, nothing was changed: 503.
    case timeout
    /// The connection was lost after the change had been sent and before the database had answered: 504.
    case outcomeUnknown
    /// The caller's task was canceled, nothing was changed.
    case cancelled
    /// Anything else, with the server's error code if there is one: 500.
    case unexpected(sqlState: SQLState?)
}
