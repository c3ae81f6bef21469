package import PostgresClient

extension RepositoryError {
    /// What an error of the database means for a caller.
    /// - Parameters:
    ///   - entity: the entity whose statement failed; translates column names.
    ///   - values: what the statement was to write. PostgreSQL keeps the values of a conflict to itself on tables
    ///     with row-level security; those that the client sent itself may be told all the same.
    package static func from(
        _ error: PostgresError, entity: Entity?, values: FieldValues? = nil
    ) -> RepositoryError {
        if let state = error.sqlState, let meaning = from(state, error, entity, values) { return meaning }
        if error.isTimeout { return .timeout }
        if error.isTransactionConflict { return .contention }
        if error.isUnavailable { return .unavailable }
        switch error.kind {
        case .cancelled: return .cancelled
        case .encoding: return .invalid(field: nil, reason: .malformed)
        default: return .unexpected(sqlState: error.sqlState?.code)
        }
    }

    private static func from(
        _ state: SQLState, _ error: PostgresError, _ entity: Entity?, _ values: FieldValues?
    ) -> RepositoryError? {
        switch state {
        case .uniqueViolation: return .conflict(detail: uniqueDetail(error, values))
        case .exclusionViolation: return .conflict(detail: "It conflicts with an existing row.")
        case .foreignKeyViolation:
            let detail = error.detail ?? ""
            return detail.contains("still referenced")
                ? .stillReferenced(detail: detail) : .relatedNotFound(detail: foreignKeyDetail(error, values))
        case .notNullViolation: return .invalid(field: fieldName(error, entity), reason: .required)
        case .checkViolation: return .invalid(field: fieldName(error, entity), reason: .rejected)
        case .insufficientPrivilege: return .forbidden
        case "22001": return .invalid(field: fieldName(error, entity), reason: .tooLong)
        case "22003", "22008": return .invalid(field: fieldName(error, entity), reason: .outOfRange)
        case "22007", "22P02", "22P03", "22P05", "22021", "22030", "22032":
            return .invalid(field: fieldName(error, entity), reason: .malformed)
        case "2201B", "22025": return .invalidFilter(.invalidPattern)
        default: return nil
        }
    }

    private static func fieldName(_ error: PostgresError, _ entity: Entity?) -> String? {
        guard let column = error.column, let entity else { return nil }
        return entity.properties.first { $0.column == column }?.name
    }

    /// `Key (key)=(abc) already exists.`, as PostgreSQL words it.
    private static func uniqueDetail(_ error: PostgresError, _ values: FieldValues?) -> String {
        if let detail = error.detail, !error.detailKey.isEmpty { return detail }
        let unique = values?.entity.uniqueKeys.first { $0.constraint == error.constraint }
        if let values, let unique, let key = key(unique.fields, values) { return "\(key) already exists." }
        return "Such a row already exists."
    }

    /// `Key (tenant_id)=(…) is not present in table "tenants".`, as PostgreSQL words it.
    private static func foreignKeyDetail(_ error: PostgresError, _ values: FieldValues?) -> String {
        let detail = error.detail ?? "Key is not present in another table."
        guard error.detailKey.isEmpty, let values, let constraint = error.constraint else { return detail }
        // Our migrations leave foreign keys the name PostgreSQL gives them, <table>_<column>_fkey.
        let field = values.assignments.map(\.field).filter { constraint.contains($0.column) }
            .max { $0.column.utf8.count < $1.column.utf8.count }
        guard let field, let key = key([field.name], values) else { return detail }
        return key + detail.dropFirst(3)
    }

    private static func key(_ fields: [String], _ values: FieldValues) -> String? {
        var columns: [String] = []
        var texts: [String] = []
        for name in fields {
            guard let field = values.entity.field(named: name), let text = values[name]?.textForm else { return nil }
            columns.append(field.column)
            texts.append(text)
        }
        return "Key (\(columns.joined(separator: ", ")))=(\(texts.joined(separator: ", ")))"
    }
}
