package import Primitives
import Synchronization

/// When API keys were last used, collected in memory to be stored in batches.
package final class APIKeyUses: Sendable {
    /// The hash of a key under the current secret, in place of one under an earlier secret. Only who sees the key itself can
    /// make it, so that it is stored when the key is used.
    package struct Rehash: Sendable, Hashable {
        package let former: [UInt8]
        package let current: [UInt8]

        package init(former: [UInt8], current: [UInt8]) {
            self.former = former
            self.current = current
        }
    }

    /// The last use of a key.
    package struct Use: Sendable, Hashable {
        package let key: Identifier
        package let instant: Timestamp
        package let rehash: Rehash?

        package init(key: Identifier, instant: Timestamp, rehash: Rehash? = nil) {
            self.key = key
            self.instant = instant
            self.rehash = rehash
        }
    }

    private struct Note {
        var instant: Timestamp
        var rehash: Rehash?
    }

    /// Keys whose uses are kept; further ones are not noted until the others were stored.
    static let capacity = 50_000

    private let notes = Mutex<[Identifier: Note]>([:])

    package init() {}

    /// Notes a use.
    package func note(_ key: Identifier, at instant: Timestamp, rehash: Rehash? = nil) {
        notes.withLock { notes in
            if let known = notes[key] {
                if known.instant < instant { notes[key]?.instant = instant }
                if let rehash { notes[key]?.rehash = rehash }
            } else if notes.count < Self.capacity {
                notes[key] = Note(instant: instant, rehash: rehash)
            }
        }
    }

    /// Takes what was noted, in the order of the ids, so that concurrent writers lock rows in one order.
    package func take() -> [Use] {
        let notes = notes.withLock { notes in
            defer { notes = [:] }
            return notes
        }
        return notes.map { Use(key: $0.key, instant: $0.value.instant, rehash: $0.value.rehash) }
            .sorted { $0.key < $1.key }
    }
}
