package import MessageBus
package import Primitives
import RedisClient

/// The dead letters of a group are the failed jobs of its queue.
extension BullMQConnector: BusDeadLetters {
    /// See ``BusDeadLetters``. Failed jobs of other programs whose data is no event are not among them.
    package func deadLetters(
        group: String, after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        let queue = queue(of: group)
        var letters: [DeadLetter] = []
        var offset = 0
        let page = max(limit, 1) + 20
        while letters.count < limit {
            let entries = try await failed(queue, from: position?.settledAt, offset: offset, count: page)
            for (id, settledAt) in entries {
                guard letters.count < limit else { break }
                let found = try await onBus { () async throws(BullMQError) in try await queue.readableJob(id) }
                guard let job = found, let event = try? EventEnvelope(parsing: job.data) else { continue }
                let letter = DeadLetter(
                    event: event, group: group, attempts: job.attemptsMade, lastError: job.failedReason,
                    settledAt: settledAt)
                if let position, letter.position <= position { continue }
                letters.append(letter)
            }
            if entries.count < page { break }
            offset += page
        }
        return letters
    }

    /// Failed jobs with the time of their failure, in order.
    private func failed(
        _ queue: BullMQQueue, from instant: Timestamp?, offset: Int, count: Int
    ) async throws(MessageBusError) -> [(id: String, settledAt: Timestamp)] {
        // The score counts milliseconds with a fraction: begin half a microsecond earlier, whatever was rounded.
        let lowest = instant.map { "\((Double($0.microseconds) - 0.5) / 1000)" } ?? "-inf"
        let reply = try await onBus { () async throws(BullMQError) in
            try await queue.send([
                "ZRANGEBYSCORE", .text(queue.name.key("failed")), .text(lowest), "+inf", "WITHSCORES", "LIMIT",
                .integer(Int64(offset)), .integer(Int64(count)),
            ])
        }
        return (reply.array ?? []).compactMap { entry in
            guard let pair = entry.array, pair.count == 2, let id = pair[0].text, let score = pair[1].double else {
                return nil
            }
            return (id, Timestamp(microseconds: Int64((score * 1000).rounded())))
        }
    }

    /// See ``BusDeadLetters``. Those that were seen long ago are among them.
    package func groups() async throws(MessageBusError) -> [String] {
        let reply = try await onBus { () async throws(BullMQError) in
            try await base.send(["ZRANGE", .text(base.name.key("arc:groups")), 0, -1])
        }
        let names = (reply.array ?? []).compactMap { $0.text?.split(separator: " ").first.map(String.init) }
        return Set(names).sorted()
    }

    /// See ``BusDeadLetters``.
    package func deadLetterCount(group: String) async throws(MessageBusError) -> Int {
        let queue = queue(of: group)
        return try await onBus { () async throws(BullMQError) in min(try await queue.failedCount(), 1000) }
    }

    /// See ``BusDeadLetters``.
    @discardableResult
    package func retryDeadLetters(group: String, _ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        let queue = queue(of: group)
        return try await onBus { () async throws(BullMQError) in
            var count = 0
            if let ids {
                let names = ids.map(\.description)
                for start in stride(from: 0, to: names.count, by: 1000) {
                    count += try await queue.retryFailed(Array(names[start..<min(start + 1000, names.count)]))
                }
                return count
            }
            // No more than there are now: those that fail again at once must not go round and round.
            let total = try await queue.failedCount()
            while count < total {
                let retried = try await queue.retryFailed(limit: min(1000, total - count))
                if retried == 0 { break }
                count += retried
            }
            return count
        }
    }
}

extension BullMQConnector: BusBacklog {
    /// See ``BusBacklog``. Events that are being handled count too.
    package func backlog(group: String) async throws(MessageBusError) -> GroupBacklog {
        let queue = queue(of: group)
        let reply = try await onBus { () async throws(BullMQError) in
            try await queue.run(BullMQScripts.backlog, [.integer(Int64(GroupBacklog.maximumCount))])
        }
        let parts = reply.array ?? []
        let waiting = Int(parts.first?.integer ?? 0)
        let oldest = parts.count > 1 ? parts[1].integer ?? 0 : 0
        return GroupBacklog(
            waiting: waiting, oldest: waiting > 0 && oldest > 0 ? Timestamp(milliseconds: oldest) : nil)
    }
}

extension BullMQQueue {
    /// A job; nil when it is not there or cannot be read.
    fileprivate func readableJob(_ id: String) async throws(BullMQError) -> BullMQJob? {
        do throws(BullMQError) { return try await job(id) } catch {
            guard case .invalid = error else { throw error }
            return nil
        }
    }
}
