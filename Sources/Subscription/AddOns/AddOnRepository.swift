import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of add-ons as subscriptions and their rules need them.
enum AddOnRepository {
    /// What is known of the add-ons and plans that rules name.
    struct Named: Sendable {
        /// Add-ons that are not deleted, and their rules.
        var addOns: [Identifier: AddOnRules] = [:]
        /// Plans that are not deleted.
        var plans: Set<Identifier> = []
        /// Whether what is needed needs the add-on itself in the end.
        var isCycle = false
    }

    /// Finds what rules name.
    /// - Parameter id: The add-on that has them; nil for a new one.
    static func named(by rules: AddOnRules, of id: Identifier?, on pool: PostgresPool) async throws -> Named {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        let (addOns, plans) = (
            rules.requiresAddOns.union(rules.excludesAddOns), rules.requiresPlans.union(rules.excludesPlans)
        )
        batch.add(namedAddOns, [.identifierArray(addOns.sorted())])
        batch.add(namedPlans, [.identifierArray(plans.sorted())])
        batch.add(cycles, [.identifierArray(rules.requiresAddOns.sorted()), .optional(id) { .identifier($0) }])
        let results = try await pool.run(batch, as: .read)
        var named = Named()
        for row in results[0].rows {
            named.addOns[try row.identifier(0)] = AddOnRules(try JSONValue.parse(stored: row.json(1)))
        }
        named.plans = Set(try results[1].rows.map { try $0.identifier(0) })
        named.isCycle = results[2].first != nil
        return named
    }

    private static let namedAddOns: PostgresStatement =
        "SELECT id, rules FROM main.add_ons WHERE id = ANY($1) AND NOT deleted"

    private static let namedPlans: PostgresStatement = "SELECT id FROM main.plans WHERE id = ANY($1) AND NOT deleted"

    private static let cycles: PostgresStatement = """
        WITH RECURSIVE needed (id) AS (
            SELECT unnest($1::uuid[])
            UNION
            SELECT more.id::uuid FROM needed JOIN main.add_ons AS addon ON addon.id = needed.id AND NOT addon.deleted,
                jsonb_array_elements_text(addon.rules -> 'requiresAddOns') AS more (id))
        SELECT 1 FROM needed WHERE id = $2
        """

    /// Add-ons by their ids, and those that they need; also deleted ones, which subscriptions may still have.
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
        WHERE addon.id = ANY($1) OR addon.id IN (
            SELECT needed.id::uuid FROM main.add_ons AS named,
                jsonb_array_elements_text(named.rules -> 'requiresAddOns') AS needed (id)
            WHERE named.id = ANY($1))
        """
}
