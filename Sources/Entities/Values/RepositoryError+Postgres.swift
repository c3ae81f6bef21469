package import PostgresClient

extension RepositoryError {
    /// What an error of the database means for a caller.
    /// - Parameters:
    ///   - entity: the entity whose statement failed; translates column names.
    ///   - values: what the statement was to write. On tables with row-level security PostgreSQL does not report the
    ///     values of a conflict; those that the client sent itself may be shown nevertheless.
    ///   - catalog: names the tables that the entity's relations lead to.
    package static func from(
        _ error: PostgresError, entity: Entity?, values: FieldValues? = nil, catalog: EntityCatalog? = nil
    ) -> RepositoryError {
        if error.isOutcomeUnknown { return .outcomeUnknown }
        if let state = error.sqlState, let meaning = from(state, error, entity, values, catalog) { return meaning }
        if error.isTimeout { return .timeout }
        if error.isTransactionConflict { return .contention }
        if error.isUnavailable { return .unavailable }
        switch error.kind {
        case .cancelled: return .cancelled
        case .encoding: return .invalid(field: nil, reason: .malformed)
        default: return .unexpected(sqlState: error.sqlState)
        }
    }

    private static func from(
        _ state: SQLState, _ error: PostgresError, _ entity: Entity?, _ values: FieldValues?,
        _ catalog: EntityCatalog?
    ) -> RepositoryError? {
        switch state {
        case .uniqueViolation: return .conflict(detail: ConstraintDetail.unique(error, values))
        case .exclusionViolation: return .conflict(detail: "It conflicts with an existing row.")
        case .foreignKeyViolation:
            if let detail = ConstraintDetail.reference(error, entity) { return .stillReferenced(detail: detail) }
            return .relatedNotFound(detail: ConstraintDetail.missing(error, values, catalog))
        case .notNullViolation: return .invalid(field: fieldName(error, entity), reason: .required)
        case .checkViolation:
            if let rule = entity?.rules.first(where: { $0.constraint == error.constraint }),
                let detail = rule.detail(values)
            {
                return .ruleViolation(detail)
            }
            return .invalid(field: fieldName(error, entity), reason: .rejected)
        case .insufficientPrivilege: return .forbidden
        case .stringDataRightTruncation: return .invalid(field: fieldName(error, entity), reason: .tooLong)
        case .numericValueOutOfRange, .datetimeFieldOverflow:
            return .invalid(field: fieldName(error, entity), reason: .outOfRange)
        case .invalidDatetimeFormat, .invalidTextRepresentation, .invalidBinaryRepresentation, .untranslatableCharacter,
            .characterNotInRepertoire, .duplicateJSONObjectKey, .invalidJSONText:
            return .invalid(field: fieldName(error, entity), reason: .malformed)
        case .invalidRegularExpression, .invalidEscapeSequence:
            return .invalidFilter(.invalidPattern(parameter: nil, details: [.badPattern]))
        case let state where state.errorClass == "AR" && !Self.requestStates.contains(state):
            return .refused(state, detail: error.detail)
        default: return nil
        }
    }

    /// Codes of this project that are about the request and not about the state of a row.
    private static let requestStates: Set<SQLState> = ["ARC01", CommitMark.lost]

    private static func fieldName(_ error: PostgresError, _ entity: Entity?) -> String? {
        guard let column = error.column, let entity else { return nil }
        return entity.properties.first { $0.column == column }?.name
    }
}
