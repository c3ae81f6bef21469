/// What migrating a database would do, and what prevents it. Making a report changes nothing.
package struct MigrationReport: Sendable, Hashable {
    /// A preflight check that rows fail.
    package struct Finding: Sendable, Hashable {
        /// The number of the migration that the check belongs to.
        package let migration: Int
        package let check: PreflightCheck
        /// How many rows fail it.
        package let count: Int
        /// The first of these rows, ``MigrationReport/shownRows`` at most, each a JSON object.
        package let rows: [String]
    }

    /// How many rows of a finding are shown.
    package static let shownRows = 20

    /// Whether existing tables are adopted as the baseline.
    package let adopts: Bool
    /// The migrations that are still to be applied. When `adopts`, the first of them is recorded, not run.
    package let pending: [Migration]
    /// The differences that prevent adopting the existing tables. While there are any, no preflight check is run.
    package let differences: [SchemaDifference]
    package let findings: [Finding]

    /// Whether `up` refuses to start.
    package var isBlocked: Bool {
        !differences.isEmpty || findings.contains { $0.check.severity == .blocking }
    }
}

/// A difference between an existing database and the baseline. It prevents adopting the database.
package struct SchemaDifference: Sendable, Hashable {
    /// Schema, table, column: `main.tenants.key`.
    package let place: String
    package let problem: String
    /// How to repair it: SQL or a description.
    package let repair: String
}
