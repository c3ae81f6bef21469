/// What stands between a database and its newest state. Making it changes nothing.
package struct MigrationReport: Sendable, Hashable {
    /// A difference between the database and what a database of the original looks like. It stops the taking over.
    package struct Obstacle: Sendable, Hashable {
        /// Schema, table, column: `main.tenants.key`.
        package let place: String
        /// What is wrong with it.
        package let problem: String
        /// How to mend it: SQL or words.
        package let repair: String
    }

    /// A rule that rows break.
    package struct Finding: Sendable, Hashable {
        /// The number of the migration that the rule belongs to.
        package let migration: Int
        /// The rule.
        package let rule: DataRule
        /// How many rows break it.
        package let count: Int
        /// The first of them, ``MigrationReport/shownRows`` at most, each a JSON object.
        package let rows: [String]
    }

    /// How many rows of a finding are shown.
    package static let shownRows = 20

    /// Whether the tables of the first migration are there already, made by the original, and are taken over.
    package let adopts: Bool
    /// The migrations that are still to be applied. When `adopts`, the first of them is recorded, not run.
    package let pending: [Migration]
    /// What keeps the database from being taken over. As long as there is any, rules are not looked at.
    package let obstacles: [Obstacle]
    /// The rules that rows break.
    package let findings: [Finding]

    /// Whether `up` refuses to begin.
    package var isBlocked: Bool {
        !obstacles.isEmpty || findings.contains { $0.rule.effect == .stops }
    }
}
