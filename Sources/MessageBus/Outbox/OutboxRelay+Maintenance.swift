import Logging
import Primitives
import WorkQueue

/// Maintenance of an outbox: what waits, what was given up, what is old.
extension OutboxRelay {
    /// How much waits.
    package func backlog() async throws(MessageBusError) -> OutboxBacklog {
        try await store.backlog()
    }

    /// How many dead letters there are; at most 1000 are counted.
    package func deadLetterCount() async throws(MessageBusError) -> Int {
        try await store.deadLetterCount()
    }

    /// Deletes published events and, where there is an inbox, marks that are older than their retention.
    /// - Returns: How many published events were deleted.
    @discardableResult
    package func purge() async throws(MessageBusError) -> Int {
        let now = clock.now()
        let limit = 1000
        var deleted = 0
        while true {
            let count = try await store.purge(before: now.adding(.zero - configuration.retention), limit: limit)
            deleted += count
            if count < limit { break }
        }
        if let retention = configuration.inboxRetention {
            try await Inbox.purge(before: now.adding(.zero - retention), on: store.pool)
        }
        return deleted
    }

    func purgeRegularly() async {
        await everyInterval(configuration.purgeInterval) {
            do { try await self.purge() } catch {
                self.logger.warning("outbox purge failed", metadata: ["error": "\(error)"])
            }
        }
    }
}
