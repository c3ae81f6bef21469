package import PostgresClient
package import Primitives

extension EntityRepository {
    /// The rows that a filter selects, with their relations: one statement, one round trip.
    /// - Parameter workload: `.read` for conditions in code that select few rows by a key; `filter.workload` for those
    ///   that a client wrote.
    package func find(
        _ filter: Filter = Filter(), in scope: TenantScope, as workload: PostgresWorkload = .read
    ) async throws(RepositoryError) -> RecordList {
        let select = try selectStatement(filter, in: scope)
        let result = try await run(select.statement, reading: filter.condition, of: .filter, in: scope, as: workload)
        return records(result, select.projection)
    }

    /// One row, with the filter's fields and relations; the rest of the filter does not matter.
    /// - Throws: `.notFound` also for rows that are deleted or not the caller's.
    package func findByID(
        _ id: Identifier, filter: Filter = Filter(), in scope: TenantScope
    ) async throws(RepositoryError) -> Record {
        let select = try selectByID(id, filter: filter, in: scope)
        let result = try await run(
            select.statement, reading: filter.condition, of: .filter, in: scope, as: filter.lookupWorkload)
        guard let row = result.first else { throw notFound(id) }
        return Record(row, select.projection, secrets: secrets)
    }

    /// The number of rows that match.
    package func count(
        _ condition: Where = .everything, in scope: TenantScope
    ) async throws(RepositoryError) -> Int {
        let statement = try countStatement(condition, in: scope)
        let result = try await run(statement, reading: condition, of: .whole, in: scope, as: condition.workload)
        do {
            return try result.first?.int(0) ?? 0
        } catch {
            throw .from(error, entity: entity)
        }
    }

    // MARK: Pieces

    /// The statement behind `count`.
    func countStatement(_ condition: Where, in scope: TenantScope) throws(RepositoryError) -> BoundStatement {
        var compiler = SelectCompiler(catalog: catalog, scope: scope)
        return try compiler.count(entity, condition)
    }

    /// The statement behind `find`; `records` reads its result.
    package func selectStatement(
        _ filter: Filter, in scope: TenantScope
    ) throws(RepositoryError) -> CompiledSelect {
        var compiler = SelectCompiler(catalog: catalog, scope: scope)
        return try compiler.select(entity, filter)
    }

    /// The statement behind `findByID`; `records` reads its result.
    package func selectByID(
        _ id: Identifier, filter: Filter = Filter(), in scope: TenantScope
    ) throws(RepositoryError) -> CompiledSelect {
        if filter.fields == .all, filter.includes.isEmpty, filter.condition == .everything {
            if let tenant = scope.tenantID, let statement = entity.statements.selectByIDOfTenant {
                return CompiledSelect(
                    statement: BoundStatement(statement, [.identifier(id), .identifier(tenant)]),
                    projection: entity.allColumns)
            }
            return CompiledSelect(
                statement: BoundStatement(entity.statements.selectByID, [.identifier(id)]),
                projection: entity.allColumns)
        }
        var compiler = SelectCompiler(catalog: catalog, scope: scope)
        return try compiler.select(entity, filter, id: id)
    }

    /// Runs a read. An error of the database about its values becomes an error of the condition.
    private func run(
        _ statement: BoundStatement, reading condition: Where, of place: ConditionPlace, in scope: TenantScope,
        as workload: PostgresWorkload
    ) async throws(RepositoryError) -> PostgresResult {
        do { return try await run(statement, in: scope, as: workload) } catch { throw error.of(condition, in: place) }
    }

    /// The row of an insert, update or delete statement.
    package func record(_ row: PostgresRow) -> Record { Record(row, entity.allColumns, secrets: secrets) }

    /// The rows of a statement that `selectStatement` or `selectByID` made.
    package func records(_ result: PostgresResult, _ projection: Projection) -> RecordList {
        RecordList(result, projection, secrets: secrets)
    }
}
