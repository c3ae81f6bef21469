import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of everything that decides about the features of a tenant: one round trip.
struct EntitlementRepository: Sendable {
    let pool: PostgresPool

    /// What is known about a tenant.
    struct Contents: Sendable {
        let rules: EntitlementRules
        /// By key.
        let features: [EntitlementRules.Definition]
    }

    /// Subscriptions of one tenant, and values of one kind, that are looked at.
    private static let maximumRows = 10_000

    /// Reads the features of the catalog and what decides about them for a tenant.
    /// - Parameters:
    ///   - keys: Of features; nil for all.
    ///   - limit: How many features at most, the first ones by key; nil for all.
    /// - Returns: Nil when there is no such tenant.
    func contents(
        of tenant: Identifier, features keys: Set<String>?, limit: Int?, on today: CalendarDate, in scope: TenantScope
    ) async throws -> Contents? {
        var batch = PostgresBatch(settings: scope.settings)
        batch.add(Self.standing, [.identifier(tenant)])
        batch.add(Self.features, [.optional(keys) { .textArray($0.sorted()) }, .optional(limit) { .int64(Int64($0)) }])
        batch.add(Self.subscriptions, [.identifier(tenant), .text(today.description)])
        batch.add(Self.planValues, [.identifier(tenant), .text(today.description)])
        batch.add(Self.ownValues, [.identifier(tenant)])
        batch.add(Self.sharedValues)
        batch.add(Self.addOns, [.identifier(tenant)])
        let results = try await pool.run(batch, as: .search)
        guard let standing = results[0].first, try standing.bool(0) else { return nil }
        var planValues: [Identifier: [EntitlementRules.Value]] = [:]
        for row in results[3].rows { planValues[try row.identifier(4), default: []].append(try Self.value(row)) }
        var addOns: [Identifier: [EntitlementRules.AddOnValues]] = [:]
        for row in results[6].rows {
            addOns[try row.identifier(0), default: []].append(
                EntitlementRules.AddOnValues(
                    id: try row.identifier(1), name: try row.text(2), quantity: try row.textIfPresent(3) ?? "1",
                    values: Self.sizeValues(try row.jsonIfPresent(4))))
        }
        return Contents(
            rules: EntitlementRules(
                isSuspended: try standing.bool(1), overrides: try results[4].rows.map(Self.value),
                subscriptions: try results[2].rows.map { row in
                    let plan = try row.identifier(1)
                    return EntitlementRules.Subscribed(
                        id: try row.identifier(0), plan: plan, planName: try row.text(2),
                        size: try row.textIfPresent(3), sizeValues: Self.sizeValues(try row.jsonIfPresent(4)),
                        planValues: planValues[plan] ?? [], addOns: addOns[try row.identifier(0)] ?? [])
                }, everybody: try results[5].rows.map(Self.value)),
            features: try results[1].rows.map { row in
                EntitlementRules.Definition(
                    id: try row.identifier(0), key: try row.text(1), name: try row.text(2),
                    defaultValue: try row.textIfPresent(3))
            })
    }

    private static func value(_ row: PostgresRow) throws -> EntitlementRules.Value {
        EntitlementRules.Value(
            id: try row.identifier(0), feature: try row.text(1), isOn: try row.bool(2), text: try row.textIfPresent(3))
    }

    /// The member `features` of the configuration of a size: texts, numbers, true and false.
    static func sizeValues(_ json: [UInt8]?) -> [String: String] {
        guard let json, let members = (try? JSONValue.parse(stored: json))?.objectValue else { return [:] }
        var values: [String: String] = [:]
        for (key, value) in members {
            values[key] =
                value.stringValue ?? value.numberValue?.literal ?? value.boolValue.map { $0 ? "true" : "false" }
        }
        return values
    }

    /// Until tenant management has listed all tenants, those exist that have subscribed to something or have values of their own.
    private static let standing: PostgresStatement = """
        SELECT EXISTS (SELECT FROM main.known_tenants WHERE tenant_id = $1)
                OR EXISTS (SELECT FROM main.subscriptions WHERE subscriber_id = $1)
                OR EXISTS (SELECT FROM main.feature_values WHERE strategy_entity_id = $1),
            coalesce((SELECT is_blocked FROM main.known_tenants WHERE tenant_id = $1), false)
        """

    private static let features: PostgresStatement = """
        SELECT id, key, name, default_value FROM main.features
        WHERE NOT deleted AND ($1::text[] IS NULL OR key = ANY($1)) ORDER BY key, id LIMIT $2
        """

    /// What the engine bills is ACTIVE until the engine ends it, at the end of a day of the subscriber's calendar. Its end date is that
    /// of the current period, and passes before the renewal, or in UTC before it has passed where the subscriber lives.
    private static let live = """
        SELECT id, plan_id, created_on FROM main.subscriptions
        WHERE subscriber_id = $1 AND status = \(TenantSubscription.Status.active.rawValue) AND NOT deleted
            AND (main.is_live(status, end_date, $2)
                OR EXISTS (SELECT FROM main.subscription_billing AS billing WHERE billing.id = subscriptions.id))
        """

    private static let subscriptions = PostgresStatement(
        """
        SELECT live.id, live.plan_id, plan.name, plan.size, size.config -> 'features'
        FROM (\(live)) AS live JOIN main.plans AS plan ON plan.id = live.plan_id
            LEFT JOIN main.plan_sizes AS size ON size.size = plan.size AND NOT size.deleted
        ORDER BY live.created_on DESC, live.id DESC LIMIT \(maximumRows)
        """)

    private static let columns = "value.id, value.feature_key, value.status, value.value"

    private static let planValues = PostgresStatement(
        """
        SELECT \(columns), value.strategy_entity_id FROM main.feature_values AS value
        WHERE value.strategy_entity_id IN (SELECT plan_id FROM (\(live)) AS live) AND value.strategy_key = 'Plan'
            AND NOT value.deleted
        ORDER BY value.created_on, value.id LIMIT \(maximumRows)
        """)

    private static let ownValues = PostgresStatement(
        """
        SELECT \(columns) FROM main.feature_values AS value
        WHERE value.strategy_entity_id = $1 AND value.strategy_key = 'Tenant' AND NOT value.deleted
        ORDER BY value.created_on, value.id LIMIT \(maximumRows)
        """)

    /// The add-ons of a tenant's subscriptions: what was attached, with the quantity that took effect last, unless it was detached since
    /// then or the subscription has begun anew.
    private static let addOns = PostgresStatement(
        """
        SELECT last.subscription_id, addon.id, addon.name, coalesce(last.change ->> 'quantity', '1'), addon.features
        FROM (
            SELECT DISTINCT ON (event.subscription_id, event.change ->> 'item')
                event.subscription_id, event.add_on_id, event.type, event.change, event.position
            FROM main.subscription_changes AS event
            WHERE event.tenant_id = $1 AND event.add_on_id IS NOT NULL AND event.state = 'applied' AND NOT event.deleted
            ORDER BY event.subscription_id, event.change ->> 'item', event.effective_on DESC, event.position DESC) AS last
            JOIN main.add_ons AS addon ON addon.id = last.add_on_id
        WHERE last.type <> 'remove_item' AND NOT EXISTS (
            SELECT FROM main.subscription_changes AS anew
            WHERE anew.subscription_id = last.subscription_id AND anew.type = 'restart' AND anew.state <> 'canceled'
                AND anew.position > last.position)
        ORDER BY last.subscription_id, last.position LIMIT \(maximumRows)
        """)

    private static let sharedValues = PostgresStatement(
        """
        SELECT \(columns) FROM main.feature_values AS value
        WHERE value.strategy_key = 'System' AND NOT value.deleted
        ORDER BY value.created_on, value.id LIMIT \(maximumRows)
        """)
}
