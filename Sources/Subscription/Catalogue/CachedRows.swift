import Entities
import JSONCoding
import NIOCore
import Primitives
import ServiceKit

/// Rows of a catalogue entity as finished JSON, from the cache or, on a miss, from PostgreSQL.
///
/// Only for entities that everybody sees alike. Kept right by the entity's CRUD operations, which tell the cache of
/// every write.
struct CachedRows: Sendable {
    let cache: EntityCache
    let repository: EntityRepository
    /// Reads for everybody.
    let system: TenantScope

    /// The JSON of a row; nil when there is none or it was deleted.
    func body(of id: Identifier) async throws -> EntityCache.Content? {
        try await cache.body(of: id) { [repository, system] in
            do {
                let record = try await repository.findById(id, in: system)
                return EntityCache.Body(version: try record.version, bytes: ByteBuffer(bytes: record.json))
            } catch RepositoryError.notFound {
                return nil
            }
        }
    }

    /// The members of a row; nil when there is none or it was deleted.
    func object(of id: Identifier) async throws -> JSONObject? {
        guard let body = try await body(of: id) else { return nil }
        return try JSONValue.parse(stored: Array(body.bytes.readableBytesView)).objectValue
    }
}
