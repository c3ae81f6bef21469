package import Entities

/// What a request for a list asks for: which rows, in which order, and where the page begins.
package struct ListQuery: Sendable {
    package var filter: Filter
    package let cursor: PageCursor?

    /// Reads the parameters `filter` and `cursor`.
    /// - Parameters:
    ///   - views: What the caller may include; nil for an entity without relations.
    ///   - order: The order of requests that name none.
    /// - Throws: 400 that names the parameter; 403 for a relation whose entity the caller may not read.
    package init(
        _ call: ScopedRequest, of entity: Entity, in catalog: EntityCatalog, limits: QueryLimits,
        views: ViewPermissions?, order: [Order] = []
    ) throws {
        let query = call.request.query
        var filter = try Filter.parse(QueryParameter.all(query), for: entity, in: catalog, limits: limits)
        try views?.require(filter, of: entity, in: catalog, for: call.identity)
        if filter.order.isEmpty { filter.order = order }
        self.filter = filter
        guard let text = QueryString.first("cursor", in: query) else {
            cursor = nil
            return
        }
        cursor = try PageCursor(text, order: filter.order, of: entity)
    }

    /// The page, of those rows that also fulfill a condition.
    package func page(
        of repository: EntityRepository, where condition: Where = .everything, for call: ScopedRequest
    ) async throws -> OperationResponse {
        var filter = filter
        filter.condition = condition.and(filter.condition)
        let page = try await repository.page(
            filter, after: cursor, countsTotal: call.request.preferences.wantsTotalCount, in: call.scope)
        return .page(page, for: call.request)
    }
}
