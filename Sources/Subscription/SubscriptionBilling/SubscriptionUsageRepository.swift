import Billing
import Entities
import PostgresClient
import Primitives

/// SQL of the usage that subscriptions have billed. Rows are only added.
enum SubscriptionUsageRepository {
    /// What a subscription has billed.
    static func usage(
        of subscription: Identifier, _ transaction: PostgresTransaction
    ) async throws -> [MeteredUsage] {
        try await transaction.query(reading, [.identifierArray([subscription])]).rows.map { try MeteredUsage($0) }
    }

    /// What subscriptions have billed, by subscription.
    static func usage(
        of subscriptions: [Identifier], _ transaction: PostgresTransaction
    ) async throws -> [Identifier: [MeteredUsage]] {
        var usage: [Identifier: [MeteredUsage]] = [:]
        for row in try await transaction.query(reading, [.identifierArray(subscriptions)]).rows {
            usage[try row.identifier(4), default: []].append(try MeteredUsage(row))
        }
        return usage
    }

    private static let reading: PostgresStatement = """
        SELECT meter_key::text, day::text, number, quantity, subscription_id FROM main.subscription_usage
        WHERE subscription_id = ANY($1) ORDER BY subscription_id, meter_key, day, number
        """

    /// The statement that stores what is billed now.
    static func insertion(of usage: [MeteredUsage], to billing: SubscriptionBilling) -> BoundStatement {
        BoundStatement(
            inserting,
            [
                .identifier(billing.subscription), .identifier(billing.tenant), .textArray(usage.map(\.meter)),
                .textArray(usage.map(\.day.description)), .int64Array(usage.map { Int64($0.number) }),
                .textArray(usage.map(\.quantity)),
            ])
    }

    private static let inserting: PostgresStatement = """
        INSERT INTO main.subscription_usage (subscription_id, tenant_id, meter_key, day, number, quantity)
        SELECT $1, $2, meter, day::date, number::integer, quantity::numeric
        FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) AS item (meter, day, number, quantity)
        """

    /// How the events of meters become one number, by key.
    static func aggregations(
        of meters: [String], _ transaction: PostgresTransaction
    ) async throws -> [String: Meter.Aggregation] {
        var aggregations: [String: Meter.Aggregation] = [:]
        for row in try await transaction.query(asking, [.textArray(meters)]).rows {
            aggregations[try row.text(0)] = Meter.Aggregation(rawValue: try row.text(1))
        }
        return aggregations
    }

    /// One that was deleted has been used until then.
    private static let asking: PostgresStatement =
        "SELECT key::text, aggregation::text FROM main.meters WHERE key = ANY($1) ORDER BY deleted DESC, deleted_on"
}

extension MeteredUsage {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            meter: try row.text(0), day: try CalendarDate(try row.text(1)), number: try row.int(2),
            quantity: UsageQuantity.trimmed(try row.numericText(3)))
    }
}
