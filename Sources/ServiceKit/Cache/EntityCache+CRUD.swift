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

    /// Stores the new contents of a row as its write returned them.
    package func store(_ record: Record) async {
        guard let id = try? record.id, let version = try? record.version else { return }
        await store(id, version: version, bytes: ByteBuffer(bytes: record.json))
    }

    /// Runs a write of a row and invalidates the row when the outcome of the write is unknown.
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
