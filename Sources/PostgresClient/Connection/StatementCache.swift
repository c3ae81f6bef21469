/// The statements that one connection has prepared, by SQL text; the least recently used one is replaced.
///
/// A prepared statement is bound to the parameter types it was prepared with. A NULL has no type: it fits any, and a
/// type learned later replaces the unknown one by preparing again.
struct StatementCache {
    struct Entry {
        let number: UInt64
        /// The name on the server, ending in a zero byte.
        let name: [CChar]
        var types: [UInt32]
        var lastUse: UInt64
    }

    enum Lookup {
        /// Prepared already (or earlier in the same pipeline).
        case found(Entry)
        /// To be prepared now, under this entry's name and types.
        case prepare(Entry)
    }

    private let capacity: Int
    private var entries: [PostgresStatement: Entry] = [:]
    private var uses: UInt64 = 0
    private var nextNumber: UInt64 = 0
    /// Numbers of statements that the server still keeps and that are no longer needed.
    private(set) var evicted: [UInt64] = []

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    var count: Int { entries.count }

    /// The name on the server of a statement.
    static func name(_ number: UInt64) -> String { "s\(number)" }

    /// Finds or enters a statement. After `.prepare` the caller sends the preparation.
    mutating func lookup(_ statement: PostgresStatement, types: [UInt32]) -> Lookup {
        uses += 1
        var merged = types
        if let entry = entries[statement] {
            if Self.fits(types, entry.types) {
                entries[statement]?.lastUse = uses
                return .found(entry)
            }
            evicted.append(entry.number)
            entries[statement] = nil
            if types.count == entry.types.count {
                for index in types.indices where types[index] == PostgresType.unspecified {
                    merged[index] = entry.types[index]
                }
            }
        } else if entries.count >= capacity {
            evictOldest()
        }
        nextNumber += 1
        let name = Self.name(nextNumber).utf8CString
        let entry = Entry(number: nextNumber, name: Array(name), types: merged, lastUse: uses)
        entries[statement] = entry
        return .prepare(entry)
    }

    /// Forgets a statement whose preparation failed or was skipped.
    mutating func remove(number: UInt64) {
        guard let entry = entries.first(where: { $0.value.number == number }) else { return }
        entries[entry.key] = nil
    }

    /// The evicted statements, to be deallocated by the caller.
    mutating func takeEvicted() -> [UInt64] {
        defer { evicted = [] }
        return evicted
    }

    /// Puts back a statement whose deallocation did not come about.
    mutating func keepEvicted(_ number: UInt64) {
        evicted.append(number)
    }

    private static func fits(_ types: [UInt32], _ prepared: [UInt32]) -> Bool {
        guard types.count == prepared.count else { return false }
        for index in types.indices where types[index] != prepared[index] && types[index] != PostgresType.unspecified {
            return false
        }
        return true
    }

    private mutating func evictOldest() {
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        entries[oldest.key] = nil
        evicted.append(oldest.value.number)
    }
}
