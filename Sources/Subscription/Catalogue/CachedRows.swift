import Entities
import JSONCoding
import NIOCore
import Primitives
import ServiceKit

/// A row of the catalog with the version that it was read at.
struct CatalogueRow: Sendable {
    let version: RowVersion
    let members: JSONObject
}

/// Rows of a catalog entity as finished JSON, from the cache or, on a miss, from PostgreSQL.
///
/// Only for entities that everybody sees alike. The entity's CRUD operations report every write to the cache.
struct CachedRows: Sendable {
    let cache: EntityCache
    let repository: EntityRepository
    /// Reads for everybody.
    let system: TenantScope

    /// The JSON of a row; nil when there is none or it was deleted.
    func body(of id: Identifier) async throws -> EntityCache.Content? {
        try await cache.body(of: id) { try await read(id) }
    }

    /// The members of a row; nil when there is none or it was deleted.
    /// - Parameter isFresh: Reads it from PostgreSQL, for whoever has found the cached one to be old.
    func row(_ id: Identifier, isFresh: Bool = false) async throws -> CatalogueRow? {
        let body = isFresh ? try await cache.freshBody(of: id) { try await read(id) } : try await body(of: id)
        guard let body,
            let members = try JSONValue.parse(stored: Array(body.bytes.readableBytesView)).objectValue
        else { return nil }
        return CatalogueRow(version: RowVersion(id: id, version: body.version), members: members)
    }

    /// The members of a row; nil when there is none or it was deleted.
    func object(of id: Identifier) async throws -> JSONObject? { try await row(id)?.members }

    private func read(_ id: Identifier) async throws -> EntityCache.Body? {
        do {
            let record = try await repository.findById(id, in: system)
            return EntityCache.Body(version: try record.version, bytes: ByteBuffer(bytes: record.json))
        } catch RepositoryError.notFound {
            return nil
        }
    }
}
