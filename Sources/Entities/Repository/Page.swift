import PostgresClient

/// A part of a list.
package struct Page: Sendable {
    /// The rows.
    package let records: RecordList
    /// Where the next page begins; nil when this is the last one.
    package let next: PageCursor?
    /// How many rows the whole list has, when that was asked for.
    package let total: Int?
}

extension EntityRepository {
    /// The statement of `page`, without the additional row that `page` reads.
    package func selectStatement(
        _ filter: Filter, after cursor: PageCursor, in scope: TenantScope
    ) throws(RepositoryError) -> CompiledSelect {
        try selectStatement(cursor.page(of: filter, entity), in: scope)
    }

    /// A page of a list: one round trip, also when the rows are counted.
    /// - Parameters:
    ///   - filter: Its limit is the page's size; without one everything is one page.
    ///   - cursor: The place where the page begins; it takes the place of the filter's `skip`.
    ///   - countsTotal: Whether to count the rows that the filter selects, on all pages.
    package func page(
        _ filter: Filter, after cursor: PageCursor? = nil, countsTotal: Bool = false, in scope: TenantScope
    ) async throws(RepositoryError) -> Page {
        var bounded = cursor?.page(of: filter, entity) ?? filter
        // One row more than the page has shows whether there is a next page.
        bounded.limit = filter.limit.map { $0 < .max ? $0 + 1 : $0 }
        let select = try selectStatement(bounded, in: scope)
        var statements = [select.statement]
        if countsTotal { statements.append(try countStatement(filter.condition, in: scope)) }
        let results: [PostgresResult]
        do {
            results = try await run(statements, in: scope, as: filter.workload)
        } catch {
            throw error.of(filter.condition, in: .filter)
        }
        guard let rows = results.first else { throw .unexpected(sqlState: nil) }
        var total: Int?
        if countsTotal, let counted = results.last?.first {
            do { total = try counted.int(0) } catch { throw .from(error, entity: entity) }
        }
        let records = RecordList(rows, select.projection, prefix: filter.limit, secrets: secrets)
        let last = rows.rowCount > records.count ? records.last : nil
        let offset = cursor?.offset(behind: records.count) ?? PageCursor.offset(filter.skip, behind: records.count)
        return Page(
            records: records,
            next: last.map { PageCursor(behind: $0, order: filter.order, offset: offset, of: entity) }, total: total)
    }

    private func run(
        _ statements: [BoundStatement], in scope: TenantScope, as workload: PostgresWorkload
    ) async throws(RepositoryError) -> [PostgresResult] {
        if statements.count == 1, let only = statements.first { return [try await run(only, in: scope, as: workload)] }
        var batch = PostgresBatch(settings: scope.settings)
        batch.add(contentsOf: statements)
        do {
            return try await pool.run(batch, as: workload)
        } catch {
            throw .from(error, entity: entity, catalog: catalog)
        }
    }
}
