package import Entities
package import JSONCoding
import NIOCore
package import Primitives

/// A row with the version that it was read at.
package struct CachedRow: Sendable {
    /// Identifier and version.
    package let version: RowVersion
    /// The members as the API shows them.
    package let members: JSONObject
}

/// Rows of an entity as finished JSON, from the cache or, on a miss, from PostgreSQL.
///
/// Rows are read for everybody: whoever may see only some of them must be checked before. The entity's CRUD operations report
/// every write to the cache.
package struct CachedRows: Sendable {
    /// The cache, for those who write.
    package let cache: EntityCache
    private let repository: EntityRepository
    private let system: TenantScope
    private let parsed = ParsedRows()

    /// - Parameter system: The scope of the service itself.
    package init(cache: EntityCache, repository: EntityRepository, system: TenantScope) {
        self.cache = cache
        self.repository = repository
        self.system = system
    }

    /// The JSON of a row; nil when it does not exist or was deleted.
    package func body(of id: Identifier) async throws -> EntityCache.Content? {
        try await cache.body(of: id) { try await record(id).map { try Self.cacheable($0) } }
    }

    /// The members of a row; nil when it does not exist or was deleted.
    /// - Parameter isFresh: Reads it from PostgreSQL, for callers that found the cached one to be outdated.
    package func row(_ id: Identifier, isFresh: Bool = false) async throws -> CachedRow? {
        let load: @Sendable () async throws -> EntityCache.Body? = {
            guard let record = try await record(id) else { return nil }
            let loaded = try Self.cacheable(record)
            if let bytes = loaded.bytes, bytes.readableBytes <= ParsedRows.largestBody {
                let version = RowVersion(id: id, version: loaded.version)
                parsed.keep(CachedRow(version: version, members: try record.members()))
            }
            return loaded
        }
        let body = isFresh ? try await cache.freshBody(of: id, load: load) : try await cache.body(of: id, load: load)
        guard let body else { return nil }
        return try parsed.row(id, of: body) {
            try JSONValue.parse(stored: Array(body.bytes.readableBytesView)).objectValue
        }
    }

    /// The members of a row; nil when it does not exist or was deleted.
    package func object(of id: Identifier) async throws -> JSONObject? { try await row(id)?.members }

    private func record(_ id: Identifier) async throws -> Record? {
        do {
            return try await repository.findByID(id, in: system)
        } catch RepositoryError.notFound {
            return nil
        }
    }

    private static func cacheable(_ record: Record) throws -> EntityCache.Body {
        EntityCache.Body(version: try record.version, bytes: ByteBuffer(bytes: record.json))
    }
}
