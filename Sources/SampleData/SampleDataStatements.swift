/// The SQL around the rows.
enum SampleDataStatements {
    static func copy(_ text: CopyText) -> String { "COPY \(text.target) FROM STDIN" }

    /// The names of those of the tables that have rows.
    static func occupied(_ tables: [String]) -> String {
        "SELECT name FROM (VALUES "
            + tables.map { "('\($0)', EXISTS (SELECT FROM main.\($0)))" }.joined(separator: ", ")
            + ") AS found (name, has_rows) WHERE has_rows"
    }

    /// Triggers record changes, claim domains and check rules that sample rows follow anyway, which takes longer than storing
    /// the rows. The statement keeps others from writing to the tables until the end of the transaction.
    static func triggers(_ tables: [String], areEnabled: Bool) -> String {
        tables.map { "ALTER TABLE main.\($0) \(areEnabled ? "ENABLE" : "DISABLE") TRIGGER USER;" }.joined()
    }

    /// Checks the deferred foreign keys now: PostgreSQL refuses to alter a table while checks of it are pending.
    static let checkConstraints = "SET CONSTRAINTS ALL IMMEDIATE"

    /// Updates the planner's statistics, and the visibility map, so that counts can read indexes alone.
    static func vacuum(_ tables: [String]) -> String {
        "VACUUM (ANALYZE) " + tables.map { "main.\($0)" }.joined(separator: ", ")
    }

    /// Plans that subscriptions can be to.
    static let plans = """
        SELECT plan.id, plan.name, plan.tier, plan.price, currency.currency_code, cycle.duration, cycle.duration_unit
        FROM main.plans AS plan
        JOIN main.currencies AS currency ON currency.id = plan.currency_id AND NOT currency.deleted
        JOIN main.billing_cycles AS cycle ON cycle.id = plan.billing_cycle_id AND NOT cycle.deleted
        WHERE NOT plan.deleted AND plan.price IS NOT NULL ORDER BY plan.id
        """
}
