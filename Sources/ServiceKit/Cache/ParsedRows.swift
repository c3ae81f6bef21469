import Entities
import JSONCoding
import NIOCore
import Primitives
import Synchronization

/// The newest rows as values, so that a cached body is parsed once and not for each reader.
final class ParsedRows: Sendable {
    /// Maximum number of rows. Beyond it they are collected anew: there are few plans, cycles and currencies, and a row that is
    /// missing is only parsed once more.
    static let capacity = 1024
    /// Maximum size of a body whose row is kept, in bytes.
    static let largestBody = 16 * 1024

    private let rows = Mutex<[Identifier: CachedRow]>([:])

    /// The row of a body.
    /// - Parameter parse: Reads its members; called unless a row of this version is kept.
    func row(
        _ id: Identifier, of body: EntityCache.Content, parse: () throws -> JSONObject?
    ) rethrows -> CachedRow? {
        let known = rows.withLock { $0[id] }
        if let known, known.version.version == body.version { return known }
        guard let members = try parse() else { return nil }
        let row = CachedRow(version: RowVersion(id: id, version: body.version), members: members)
        if body.bytes.readableBytes <= Self.largestBody { keep(row) }
        return row
    }

    /// Keeps a row, unless a newer version of it is kept.
    func keep(_ row: CachedRow) {
        rows.withLock { rows in
            if let known = rows[row.version.id] {
                if known.version.version < row.version.version { rows[row.version.id] = row }
                return
            }
            if rows.count >= Self.capacity { rows.removeAll(keepingCapacity: true) }
            rows[row.version.id] = row
        }
    }
}
