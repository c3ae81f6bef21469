import Entities
import Primitives

/// Reads the feeds.
struct EventFeedService: Sendable {
    let repository: EventFeedRepository

    /// The events after a number, in order.
    /// - Parameters:
    ///   - tenant: Whose events; nil: those that the caller may see.
    ///   - after: The last number that the caller knows; nil: from the first that is kept.
    /// - Throws: ``EventFeedError``.
    func page(
        of tenant: Identifier?, after: Int64?, limit: Int, in scope: TenantScope
    ) async throws -> EventFeedRepository.Page {
        let feed = try feed(of: tenant, in: scope)
        let page = try await repository.page(of: feed, after: after, limit: limit, in: scope)
        if let after {
            if after < page.first - 1 { throw EventFeedError.expired(firstAvailable: page.first) }
            if after > page.last { throw EventFeedError.ahead(after: after, last: page.last) }
        }
        return page
    }

    private func feed(of tenant: Identifier?, in scope: TenantScope) throws(EventFeedError) -> EventFeed {
        guard let own = scope.tenantID else { return tenant.map { .ofTenant($0) } ?? .everything }
        guard tenant == nil || tenant == own else { throw .notFound }
        return .own(own)
    }
}
