import Entities
import NIOCore

extension EntityCache {
    /// Follows a write of the CRUD operations.
    package func follow(_ change: CRUDChange) async {
        switch change {
        case .saved(let record):
            guard let id = try? record.id, let version = try? record.version else { return }
            await store(id, version: version, bytes: ByteBuffer(bytes: record.json))
        case .changed(let rows):
            for row in rows { await invalidate(row.id, version: row.version) }
        case .deleted(let id, let version):
            await store(id, version: version, bytes: nil)
        }
    }
}
