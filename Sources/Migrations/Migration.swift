package import PostgresClient
package import Primitives

/// One step in the history of a database: SQL text that leads there and back. Each may hold several commands; both run
/// inside a transaction, so neither may hold `COMMIT`.
///
/// The exception is a migration whose `up` begins with the line ``withoutTransaction``: each command of both texts runs on
/// its own, as `CREATE INDEX CONCURRENTLY` needs. If one fails, the effects of those before it stay, and the next attempt
/// runs all of them again. So they must be commands that can be repeated.
package struct Migration: Sendable, Hashable {
    /// Its place in the order, from 1; never reused.
    package let number: Int
    /// What it does, in a few words: `create_tenants`.
    package let name: String
    /// The SQL that makes the change.
    package let up: String
    /// The SQL that reverts the change; empty when that cannot be done.
    package let down: String
    /// Whether an existing database may already have these tables, created by another program. If they exist and equal
    /// what `up` would create, they are adopted: the migration is recorded as applied without being run, and reverting it
    /// removes that record only. `up` qualifies every name with its schema.
    package let isBaseline: Bool
    /// SHA-256, in hexadecimal, of earlier texts of `up` that led to the same state wherever they were applied. They
    /// count as the present one.
    package let formerChecksums: Set<String>
    /// What existing rows must satisfy before it can run.
    package let preflightChecks: [PreflightCheck]

    /// Makes a migration; see the properties.
    package init(
        number: Int, name: String, up: String, down: String, isBaseline: Bool = false,
        formerChecksums: Set<String> = [], preflightChecks: [PreflightCheck] = []
    ) {
        self.number = number
        self.name = name
        self.up = up
        self.down = down
        self.isBaseline = isBaseline
        self.formerChecksums = formerChecksums
        self.preflightChecks = preflightChecks
    }

    /// Makes a migration from SQL files that are embedded in the program (`PackageResources`).
    package init(
        number: Int, name: String, up: [UInt8], down: [UInt8], isBaseline: Bool = false,
        formerChecksums: Set<String> = [], preflightChecks: [PreflightCheck] = []
    ) {
        self.init(
            number: number, name: name, up: String(decoding: up, as: UTF8.self),
            down: String(decoding: down, as: UTF8.self), isBaseline: isBaseline, formerChecksums: formerChecksums,
            preflightChecks: preflightChecks)
    }
}

extension Migration {
    /// The first line of the texts of a migration whose commands run one by one.
    package static let withoutTransaction = "-- Without a transaction"

    /// Whether its commands run one by one. They wait until older transactions have ended.
    package var isWithoutTransaction: Bool { up.hasPrefix(Self.withoutTransaction) }

    /// The commands of a text without functions: each ends with a semicolon at the end of a line.
    static func statements(of sql: String) -> [String] {
        var statements: [String] = []
        var current: [Substring] = []
        for line in sql.split(separator: "\n") where !line.hasPrefix("--") {
            current.append(line)
            guard line.hasSuffix(";") else { continue }
            statements.append(current.joined(separator: "\n"))
            current = []
        }
        if !current.isEmpty { statements.append(current.joined(separator: "\n")) }
        return statements
    }
}

/// The state of a migration in a database.
package struct MigrationState: Sendable, Hashable {
    /// Whether it was applied.
    package enum Status: Sendable, Hashable {
        /// Still to be applied.
        case pending
        /// Applied.
        case applied(at: Timestamp)
        /// Applied, but its SQL text was changed since.
        case changed(at: Timestamp)
        /// Applied by a newer version of the program, which knows more migrations.
        case unknown(at: Timestamp)
    }

    /// The migration's number.
    package let number: Int
    /// The migration's name.
    package let name: String
    package let status: Status
    /// Whether its tables existed before and were adopted.
    package let isAdopted: Bool
}

/// Why migrating did not succeed. The database is as it was before the migration that is named, unless that runs without a
/// transaction: then the effects of its commands before the failed one stay.
package struct MigrationError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    package enum Kind: Sendable, Hashable {
        /// The database cannot be reached, or the table of migrations cannot be used.
        case database
        /// Two migrations have the same number.
        case duplicateNumber
        /// A migration that was applied has another text now.
        case checksumMismatch
        /// A migration is pending although a later one was applied.
        case outOfOrder
        /// The migration to be reverted is not known to this version of the program.
        case unknownMigration
        /// The migration to be reverted has no SQL for that.
        case irreversible
        /// The SQL failed.
        case failed
        /// The SQL ended the transaction that it ran in; what it did may have stayed.
        case leftTransaction
        /// Existing tables or rows prevent it; `report` says which. Nothing was changed.
        case refused
    }

    /// Which way it went.
    package enum Direction: String, Sendable, Hashable {
        case up
        case down
    }

    /// The kind of error.
    package let kind: Kind
    /// The number of the migration concerned.
    package let number: Int?
    /// The name of the migration concerned.
    package let name: String?
    /// Which way it went.
    package let direction: Direction?
    /// The line of the SQL text where the error is, from 1, if the server reported it.
    package let line: Int?
    /// The server's error. Its `serverMessage` describes the problem, for the terminal rather than the log.
    package let cause: PostgresError?
    /// What prevents migrating, when it was refused.
    package let report: MigrationReport?

    init(
        _ kind: Kind, _ migration: (number: Int, name: String)? = nil, direction: Direction? = nil, line: Int? = nil,
        cause: PostgresError? = nil, report: MigrationReport? = nil
    ) {
        self.kind = kind
        self.number = migration?.number
        self.name = migration?.name
        self.direction = direction
        self.line = line
        self.cause = cause
        self.report = report
    }

    /// Which migration, what is wrong with it, SQLSTATE and line.
    package var description: String {
        var text = "migration"
        if let number { text += " \(number)" }
        if let name { text += " \(name)" }
        if let direction { text += " (\(direction.rawValue))" }
        text += ": \(problem)"
        if let line { text += " at line \(line)" }
        if let cause { text += ": \(cause)" }
        return text
    }

    private var problem: String {
        switch kind {
        case .database: "the database cannot be used"
        case .duplicateNumber: "the number is used twice"
        case .checksumMismatch: "was applied with another text; write a new migration instead of changing an old one"
        case .outOfOrder: "is pending although a later one was applied"
        case .unknownMigration: "is not known to this version of the program"
        case .irreversible: "cannot be reverted"
        case .failed: "failed"
        case .leftTransaction: "ended its transaction by itself"
        case .refused: "existing tables or rows prevent it, so nothing was changed; see `arc migrate check`"
        }
    }
}
