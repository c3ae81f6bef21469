package import Entities
import NIOCore
package import Primitives

extension EntityCache {
    /// Follows a write of the CRUD operations.
    package func follow(_ change: CRUDChange) async {
        switch change {
        case .saved(let record): await store(record)
        case .changed(let rows): await invalidate(rows)
        case .deleted(let id, let version): await store(id, version: version, bytes: nil)
        case .uncertain(let id): await invalidate(uncertain: id)
        }
    }

    /// Takes the new contents of a row as they were read back from its write.
    package func store(_ record: Record) async {
        guard let id = try? record.id, let version = try? record.version else { return }
        await store(id, version: version, bytes: ByteBuffer(bytes: record.json))
    }

    /// Runs a write of a row; when its outcome is unknown, nobody uses what was cached before it.
    package func observing<Value: Sendable>(
        _ id: Identifier, _ write: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await write()
        } catch {
            if WriteOutcome.isUncertain(after: error) { await invalidate(uncertain: id) }
            throw error
        }
    }
}
