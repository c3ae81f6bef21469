package import Primitives
import Synchronization

/// When API keys were last used, collected in memory to be stored in batches.
package final class APIKeyUses: Sendable {
    /// The last use of a key.
    package struct Use: Sendable, Hashable {
        package let key: Identifier
        package let instant: Timestamp

        package init(key: Identifier, instant: Timestamp) {
            self.key = key
            self.instant = instant
        }
    }

    /// Keys whose uses are kept; further ones are not noted until the others were stored.
    static let capacity = 50_000

    private let uses = Mutex<[Identifier: Timestamp]>([:])

    package init() {}

    /// Notes a use.
    package func note(_ key: Identifier, at instant: Timestamp) {
        uses.withLock { uses in
            if let known = uses[key] {
                if known < instant { uses[key] = instant }
            } else if uses.count < Self.capacity {
                uses[key] = instant
            }
        }
    }

    /// Takes what was noted, in the order of the ids, so that concurrent writers lock rows in one order.
    package func take() -> [Use] {
        uses.withLock { uses in
            defer { uses = [:] }
            return uses.map { Use(key: $0.key, instant: $0.value) }.sorted { $0.key < $1.key }
        }
    }
}
