package import PostgresClient
package import Primitives

/// Writes. The marks of the context and `alongside`, usually an outbox row, commit with the write or not at all: all
/// of it is one transaction and one round trip.
extension EntityRepository {
    /// Adds a row. The response of a repeated request is rebuilt from this row, unless `resource` names another.
    package func create(
        _ values: FieldValues, in context: WriteContext, resource: Identifier? = nil, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        var values = try sealed(values, in: context.scope)
        let id = values.identifier ?? newIdentifier()
        values.identifier = id
        let insert = try insertStatement(values, in: context.scope)
        let rows = try await run(insert, writing: values, alongside, in: context, resource: resource ?? id)
        guard let row = rows.first else { throw .forbidden }
        return record(row)
    }

    /// Changes fields of a row.
    /// - Parameters:
    ///   - version: the row's version that the change is based on; another one is `.versionMismatch`.
    ///   - resource: the row from which the response of a repeated request is rebuilt, if it is not this one.
    /// - Throws: `.notFound`; then nothing of `alongside` has happened.
    package func updateByID(
        _ id: Identifier, _ changes: FieldValues, in context: WriteContext,
        ifVersion version: VersionCondition? = nil, resource: Identifier? = nil, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        try await sealing(changes, of: id, in: context.scope, ifVersion: version) {
            (changes, version) throws(RepositoryError) in
            let target = WriteCompiler.Target(id: id, version: version)
            let update = try compiler(context.scope).update(
                target, changes, isGuarded: isGuarded(context, alongside))
            return try await change(target, update, writing: changes, alongside, in: context, resource: resource)
        }
    }

    /// Replaces a row (PUT): fields that are not given are unset. An id in the body must be the row's own.
    /// - Throws: `.notFound` also for deleted rows; see `updateByID`.
    package func replaceByID(
        _ id: Identifier, _ values: FieldValues, in context: WriteContext,
        ifVersion version: VersionCondition? = nil, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        if let named = values.identifier, named != id {
            throw .identifierChanged(from: id.description, to: named.description)
        }
        return try await sealing(values, of: id, in: context.scope, ifVersion: version) {
            (values, version) throws(RepositoryError) in
            let target = WriteCompiler.Target(id: id, version: version)
            let replacement = try compiler(context.scope).replace(
                target, values, isGuarded: isGuarded(context, alongside))
            return try await change(target, replacement, writing: values, alongside, in: context)
        }
    }

    /// Deletes a row: marks it where the table has an audit block, removes it where not.
    /// - Throws: `.notFound` also for deleted rows; see `updateByID`.
    package func deleteByID(
        _ id: Identifier, in context: WriteContext, ifVersion version: VersionCondition? = nil,
        alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        let target = WriteCompiler.Target(id: id, version: version)
        let delete = try compiler(context.scope).delete(target, isGuarded: isGuarded(context, alongside))
        return try await change(target, delete, alongside, in: context)
    }

    /// Restores a row that was marked as deleted.
    /// - Throws: `.notFound` for rows that are not deleted.
    package func restoreByID(
        _ id: Identifier, in context: WriteContext, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> Record {
        let target = WriteCompiler.Target(id: id)
        let restore = try compiler(context.scope).restore(target, isGuarded: isGuarded(context, alongside))
        return try await change(target, restore, alongside, in: context)
    }

    /// Changes fields of every row that matches; for all rows, pass `.everything`.
    /// - Returns: the changed rows' versions; their number is the response's `count`.
    /// - Throws: `.invalidFilter(.unrestricted)` when the condition is another one that selects every row;
    ///   `.tooManyRows` above ``largestBulkChange``.
    package func updateAll(
        _ changes: FieldValues, where condition: Where, in context: WriteContext, alongside: [BoundStatement] = []
    ) async throws(RepositoryError) -> [RowVersion] {
        do { try condition.checkBulkChange(of: entity) } catch { throw .invalidFilter(error) }
        try refuseSecretsInBulk(changes)
        let update = try compiler(context.scope).updateAll(changes, where: condition)
        let result: PostgresResult
        do {
            result = try await run(
                update, writing: changes, alongside, in: context, resource: nil, as: condition.bulkWorkload)
        } catch {
            if case .unexpected(sqlState: SQLState.divisionByZero) = error {
                throw .tooManyRows(limit: Self.largestBulkChange)
            }
            throw error.withPatterns(of: condition, in: .whole)
        }
        do {
            var versions: [RowVersion] = []
            for row in result.rows { versions.append(RowVersion(id: try row.identifier(0), version: try row.int64(1))) }
            return versions
        } catch {
            throw .from(error, entity: entity)
        }
    }

    /// Rows that one bulk change may touch.
    package static let largestBulkChange = WriteCompiler.largestBulkChange

    // MARK: Pieces

    /// The statement behind `create`; `record` reads its row.
    package func insertStatement(
        _ values: FieldValues, in scope: TenantScope
    ) throws(RepositoryError) -> BoundStatement {
        try compiler(scope).insert(values, newID: newIdentifier())
    }

    /// The statement behind `updateAll`; its rows are ids and versions.
    package func updateAllStatement(
        _ changes: FieldValues, where condition: Where, in scope: TenantScope
    ) throws(RepositoryError) -> BoundStatement {
        try compiler(scope).updateAll(changes, where: condition)
    }

    /// The statement behind `updateByID`; `record` reads its row.
    /// - Parameter isGuarded: whether touching no row is an error (`isGuardViolation`) that rolls back the whole batch.
    package func updateStatement(
        _ id: Identifier, _ changes: FieldValues, in scope: TenantScope, ifVersion version: VersionCondition? = nil,
        isGuarded: Bool = false
    ) throws(RepositoryError) -> BoundStatement {
        try compiler(scope).update(WriteCompiler.Target(id: id, version: version), changes, isGuarded: isGuarded)
    }

    /// The statement behind `deleteByID`; `record` reads its row.
    package func deleteStatement(
        _ id: Identifier, in scope: TenantScope, isGuarded: Bool = false
    ) throws(RepositoryError) -> BoundStatement {
        try compiler(scope).delete(WriteCompiler.Target(id: id), isGuarded: isGuarded)
    }

    private func compiler(_ scope: TenantScope) -> WriteCompiler {
        WriteCompiler(entity: entity, catalog: catalog, scope: scope)
    }

    /// A change of no row must undo what goes with it.
    private func isGuarded(_ context: WriteContext, _ alongside: [BoundStatement]) -> Bool {
        context.hasMarks || !alongside.isEmpty
    }

    /// A single statement needs no batch.
    private func run(
        _ statement: BoundStatement, writing values: FieldValues?, _ alongside: [BoundStatement],
        in context: WriteContext, resource: Identifier?, as workload: PostgresWorkload = .write
    ) async throws(RepositoryError) -> PostgresResult {
        guard isGuarded(context, alongside) else {
            return try await run(
                statement, writing: values, in: context.scope, settings: context.settings, as: workload)
        }
        let written = values.map { [$0] } ?? []
        let results = try await run(
            [statement], writing: written, alongside: alongside, in: context, resource: resource, as: workload)
        guard let result = results.first else { throw .unexpected(sqlState: nil) }
        return result
    }

    private func change(
        _ target: WriteCompiler.Target, _ statement: BoundStatement, writing values: FieldValues? = nil,
        _ alongside: [BoundStatement], in context: WriteContext, resource: Identifier? = nil
    ) async throws(RepositoryError) -> Record {
        let result: PostgresResult
        do {
            result = try await run(
                statement, writing: values, alongside, in: context, resource: resource ?? target.id)
        } catch .unexpected(sqlState: SQLState.divisionByZero) where isGuarded(context, alongside) {
            throw try await missing(target, in: context.scope)
        }
        guard let row = result.first else { throw try await missing(target, in: context.scope) }
        return record(row)
    }

    /// Why a change found no row: it is not there, or it is at another version.
    private func missing(
        _ target: WriteCompiler.Target, in scope: TenantScope
    ) async throws(RepositoryError) -> RepositoryError {
        guard target.version != nil else { return notFound(target.id) }
        return .versionMismatch(current: try await findByID(target.id, in: scope).version)
    }
}
