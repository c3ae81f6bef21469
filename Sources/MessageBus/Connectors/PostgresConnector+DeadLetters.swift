package import PostgresClient
package import Primitives

extension PostgresConnector: BusDeadLetters {
    /// See ``BusDeadLetters``.
    package func deadLetters(
        group: String, after position: DeadLetterPosition?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        do {
            let result = try await pool.query(
                PostgresBusStatements.deadLetters,
                [
                    .text(group), .timestamp(position?.settledAt ?? Timestamp(microseconds: 0)),
                    .identifier(position?.eventID ?? Identifier(high: 0, low: 0)), .int64(Int64(limit)),
                ])
            var letters: [DeadLetter] = []
            for row in result.rows {
                letters.append(
                    DeadLetter(
                        event: try EventEnvelope(row: row, from: 1, replay: 11), group: group,
                        attempts: try row.int(8), lastError: try row.textIfPresent(9),
                        settledAt: try row.timestamp(10)))
            }
            return letters
        } catch {
            throw .database(error)
        }
    }

    /// See ``BusDeadLetters``.
    package func deadLetterCount(group: String) async throws(MessageBusError) -> Int {
        do {
            return try await pool.query(PostgresBusStatements.deadLetterCount, [.text(group)]).first?.int(0) ?? 0
        } catch {
            throw .database(error)
        }
    }

    /// See ``BusDeadLetters``.
    @discardableResult
    package func retryDeadLetters(group: String, _ ids: [Identifier]?) async throws(MessageBusError) -> Int {
        var batch = PostgresBatch()
        let retry = batch.add(
            PostgresBusStatements.retry, [.text(group), .optional(ids, PostgresValue.identifierArray)])
        batch.add(PostgresBusStatements.notify, [.text(group)])
        do { return try await pool.run(batch)[retry].affectedRows } catch { throw .database(error) }
    }

    /// See ``BusDeadLetters``.
    package func groups() async throws(MessageBusError) -> [String] {
        do {
            var groups: [String] = []
            for row in try await pool.query(PostgresBusStatements.groups).rows { groups.append(try row.text(0)) }
            return groups
        } catch {
            throw .database(error)
        }
    }

    /// How many dead letters each group has that has any; at most 1000 are counted.
    package func deadLetterCounts() async throws(MessageBusError) -> [(group: String, count: Int)] {
        do {
            var counts: [(group: String, count: Int)] = []
            for row in try await pool.query(PostgresBusStatements.deadLetterCounts).rows {
                counts.append((try row.text(0), try row.int(1)))
            }
            return counts
        } catch {
            throw .database(error)
        }
    }
}

extension PostgresConnector: BusBacklog {
    /// See ``BusBacklog``.
    package func backlog(group: String) async throws(MessageBusError) -> GroupBacklog {
        do {
            let result = try await pool.query(
                PostgresBusStatements.backlog, [.text(group), .int64(Int64(GroupBacklog.maximumCount))],
                settings: ClaimSettings.claiming)
            guard let row = result.first else { return GroupBacklog(waiting: 0, oldest: nil) }
            return GroupBacklog(waiting: try row.int(0), oldest: try row.timestampIfPresent(1))
        } catch {
            throw .database(error)
        }
    }
}
