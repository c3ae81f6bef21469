import Logging
import PostgresClient
import Primitives

/// A group's deliveries in the message bus database.
struct PostgresDeliveryQueue: DeliveryQueue {
    let pool: PostgresPool
    let listener: PostgresConfiguration?
    let clock: any WallClock
    let logger: Logger

    func register(_ subscription: Subscription) async throws(MessageBusError) {
        let group = PostgresValue.text(subscription.group)
        let types = PostgresValue.textArray(subscription.types.sorted())
        do {
            let known = try await pool.query(PostgresBusStatements.isRegistered, [group, types])
            if try known.first?.bool(0) ?? false { return }
            var batch = PostgresBatch()
            batch.add(PostgresBusStatements.lockExclusive)
            batch.add(PostgresBusStatements.backfill, [group, types])
            batch.add(PostgresBusStatements.register, [group, types, .timestamp(clock.now())])
            batch.add(PostgresBusStatements.notify, [group])
            _ = try await pool.run(batch)
        } catch {
            throw .database(error)
        }
    }

    func claim(
        _ subscription: Subscription, limit: Int, claim: Identifier, now: Timestamp, until: Timestamp
    ) async throws(MessageBusError) -> [ClaimedDelivery] {
        do {
            let result = try await pool.query(
                PostgresBusStatements.claim,
                [
                    .text(subscription.group), .textArray(subscription.types.sorted()), .timestamp(now),
                    .int64(Int64(limit)), .identifier(claim), .timestamp(until),
                ], settings: ClaimSettings.claiming)
            var deliveries: [ClaimedDelivery] = []
            for row in result.rows {
                deliveries.append(
                    ClaimedDelivery(
                        event: try EventEnvelope(row: row, from: 1), group: subscription.group,
                        position: try row.int64(0), failures: try row.int(8), claim: claim))
            }
            return deliveries.sorted { $0.position < $1.position }
        } catch {
            throw .database(error)
        }
    }

    func settle(
        _ delivery: ClaimedDelivery, _ settlement: Settlement, now: Timestamp
    ) async throws(MessageBusError) -> Bool {
        let owned: [PostgresValue] = [
            .text(delivery.group), .int64(delivery.position), .identifier(delivery.claim),
        ]
        let result: PostgresResult
        do {
            switch settlement {
            case .done:
                result = try await pool.query(PostgresBusStatements.done, owned, settings: ClaimSettings.settling)
            case .retry(let instant, let reason):
                result = try await pool.query(
                    PostgresBusStatements.failed, owned + [.timestamp(instant), .text(reason)],
                    settings: ClaimSettings.settling)
            case .dead(let reason):
                result = try await pool.query(
                    PostgresBusStatements.buried, owned + [.timestamp(now), .text(reason)],
                    settings: ClaimSettings.settling)
            case .released:
                result = try await pool.query(
                    PostgresBusStatements.released, owned, settings: ClaimSettings.settling)
            }
        } catch {
            throw .database(error)
        }
        return result.affectedRows > 0
    }

    func release(_ subscription: Subscription, claim: Identifier) async throws(MessageBusError) {
        do {
            _ = try await pool.query(
                PostgresBusStatements.releasedAll, [.text(subscription.group), .identifier(claim)])
        } catch {
            throw .database(error)
        }
    }

    func extend(
        _ deliveries: [ClaimedDelivery], until: Timestamp
    ) async throws(MessageBusError) -> Set<Int64> {
        guard let group = deliveries.first?.group else { return [] }
        do {
            let result = try await pool.query(
                PostgresBusStatements.extend,
                [
                    .text(group), .int64Array(deliveries.map(\.position)),
                    .identifierArray(deliveries.map(\.claim)), .timestamp(until),
                ])
            var kept: Set<Int64> = []
            for row in result.rows { kept.insert(try row.int64(0)) }
            return kept
        } catch {
            throw .database(error)
        }
    }

    func nextDue(_ subscription: Subscription, after now: Timestamp) async throws(MessageBusError) -> Timestamp? {
        do {
            let result = try await pool.query(
                PostgresBusStatements.nextDue,
                [.text(subscription.group), .textArray(subscription.types.sorted()), .timestamp(now)])
            return try result.first?.timestampIfPresent(0)
        } catch {
            throw .database(error)
        }
    }

    func watch(_ subscription: Subscription, _ bell: WakeUp) async {
        guard let listener else { return }
        await ringing(bell, on: "message_bus", payload: subscription.group, of: listener, logger: logger)
    }
}
