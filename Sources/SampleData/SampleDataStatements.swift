/// The SQL around the rows.
enum SampleDataStatements {
    static func copy(_ rows: CopyRows) -> String { "COPY \(rows.target) FROM STDIN" }

    /// The names of those of the tables that have rows.
    static func occupied(_ tables: [String]) -> String {
        "SELECT name FROM (VALUES "
            + tables.map { "('\($0)', EXISTS (SELECT FROM main.\($0)))" }.joined(separator: ", ")
            + ") AS found (name, has_rows) WHERE has_rows"
    }

    /// Triggers record changes, claim domains and check what is right by construction: more work than the rows themselves. Keeps
    /// others from writing to the tables until the end of the transaction.
    static func triggers(_ tables: [String], areEnabled: Bool) -> String {
        tables.map { "ALTER TABLE main.\($0) \(areEnabled ? "ENABLE" : "DISABLE") TRIGGER USER;" }.joined()
    }

    /// Checks foreign keys whose checks were put off, which have to be done before a table can be changed.
    static let checkConstraints = "SET CONSTRAINTS ALL IMMEDIATE"

    /// For estimates, and so that counts need not look at rows.
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
