import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of the metered prices of plans.
struct MeteredPriceRepository: Sendable {
    /// A price as a subscription agrees on it.
    struct Agreed: Sendable, Hashable {
        let meter: String
        let price: JSONValue

        /// As the engine reads it.
        var item: JSONValue { ["id": .string(meter), "price": price] }
    }

    /// The metered prices of a plan.
    /// - Throws: ``MissingPrice`` if a meter has prices, but none in that currency.
    func prices(
        of plan: Identifier, in currency: String, _ transaction: PostgresTransaction
    ) async throws -> [Agreed] {
        var agreed: [Agreed] = []
        let result = try await transaction.query(Self.reading, [.identifier(plan), .text(currency)])
        for row in result.rows {
            let meter = try row.text(0)
            guard let price = try row.jsonIfPresent(1) else { throw MissingPrice(meter: meter) }
            agreed.append(Agreed(meter: meter, price: try JSONValue.parse(stored: price)))
        }
        return agreed
    }

    /// The use of a meter has no price in the currency of a subscription.
    struct MissingPrice: Error, Hashable {
        let meter: String
    }

    private static let reading: PostgresStatement = """
        SELECT priced.meter_key::text, (
                SELECT price FROM main.metered_prices AS own
                WHERE own.plan_id = $1 AND own.meter_key = priced.meter_key AND own.currency_code = $2 AND NOT own.deleted)
        FROM (SELECT DISTINCT meter_key FROM main.metered_prices WHERE plan_id = $1 AND NOT deleted) AS priced
            JOIN main.meters AS meter ON meter.key = priced.meter_key AND NOT meter.deleted
        ORDER BY priced.meter_key
        """
}
