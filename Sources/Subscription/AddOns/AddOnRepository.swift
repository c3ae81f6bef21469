import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of add-ons as subscriptions need them.
enum AddOnRepository {
    /// Add-ons by their ids; also deleted ones, which subscriptions may still have.
    static func terms(
        of ids: Set<Identifier>, in transaction: PostgresTransaction
    ) async throws -> [Identifier: AddOnTerms] {
        guard !ids.isEmpty else { return [:] }
        var terms: [Identifier: AddOnTerms] = [:]
        for row in try await transaction.query(reading, [.identifierArray(ids.sorted())]).rows {
            let id = try row.identifier(0)
            var cycle: BillingCycle?
            if let duration = try row.intIfPresent(4), let unit = try row.textIfPresent(5) {
                cycle = try? BillingCycle(duration: duration, durationUnit: unit)
            }
            terms[id] = AddOnTerms(
                id: id, key: try row.text(1), name: try row.text(2), prices: try JSONValue.parse(stored: row.json(3)),
                cycle: cycle, isOnce: try row.bool(6), isOffered: try row.bool(7),
                rules: AddOnRules(try JSONValue.parse(stored: row.json(8))))
        }
        return terms
    }

    private static let reading: PostgresStatement = """
        SELECT addon.id, addon.key, addon.name, addon.prices, cycle.duration, cycle.duration_unit::text, addon.once,
            addon.is_offered AND NOT addon.deleted, addon.rules
        FROM main.add_ons AS addon LEFT JOIN main.billing_cycles AS cycle ON cycle.id = addon.billing_cycle_id
        WHERE addon.id = ANY($1)
        """
}
