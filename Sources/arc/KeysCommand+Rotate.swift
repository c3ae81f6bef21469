import ArgumentParser
import JSONCoding
import KeyRotation
import Logging
import PostgresClient
import Primitives
import Sealing
import ServiceKit

extension KeysCommand {
    /// `arc keys rotate`.
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Encrypt again, under DATA_ENCRYPTION_KEY, what is stored under other keys.",
            discussion: """
                Secrets and mails in the databases are encrypted under DATA_ENCRYPTION_KEY. To replace that key:
                  1. Add the new key to DATA_DECRYPTION_KEYS of all services, and restart them.
                  2. Exchange the two: the new key is DATA_ENCRYPTION_KEY, the old one is in DATA_DECRYPTION_KEYS. Restart.
                  3. Run this command with the same two settings, for each database.
                  4. Run `arc audit reseal` with them, too: the audit logs are signed under the same key.
                  5. Remove the old key when both exit with status 0 and no callback is awaited any more
                     (docs/operations.md, Rotating secrets).

                Without --service, works on all databases of the stack that `arc up` runs. With --service, works on the
                database given by DB_HOST, DB_PORT and DB_DATABASE as the role DB_MIGRATION_USER, like `arc migrate`.

                A key that `arc serve` refuses outside development (docs/configuration.md, Secrets) is refused here, too.

                The services keep running. The command can be ended and started again at any moment: it goes on where values
                are left. At the end it reads everything once more.

                Exit status: 0 when everything is encrypted under DATA_ENCRYPTION_KEY, 1 when the command could not do its
                work, 2 when values under other keys are left (--dry-run leaves all of them), 3 when there are values that no
                key opens.
                """)

        @Option(
            help: "message-bus, tenant-management, subscription or orchestrator (default: all databases of `arc up`).")
        var service: MigratedDatabase?
        @Flag(help: "Only count what would be encrypted again.")
        var dryRun = false
        @Flag(help: "Print one JSON document, and no progress.")
        var json = false
        @Option(help: "Rows that are read and changed at a time (1 to 1000).")
        var batchSize = 200
        @Option(help: "Pause after each batch, in milliseconds (0 to 10000).")
        var pauseMilliseconds = 10

        func validate() throws {
            guard (1...1000).contains(batchSize) else { throw ValidationError("--batch-size must be 1 to 1000.") }
            guard (0...10_000).contains(pauseMilliseconds) else {
                throw ValidationError("--pause-milliseconds must be 0 to 10000.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            var results: [DatabaseResult] = []
            for database in service.map({ [$0] }) ?? MigratedDatabase.allCases {
                do {
                    results.append(try await rotate(database))
                } catch {
                    throw CommandSupport.fail("arc keys rotate: \(database.rawValue): \(Self.explanation(of: error))")
                }
            }
            if json {
                let document: JSONValue = [
                    "key": .string(results.first?.key ?? ""), "dryRun": .bool(dryRun),
                    "complete": .bool(results.allSatisfy(\.isComplete)), "databases": .array(results.map(\.json)),
                ]
                CommandSupport.printLine(document.serializedText())
            }
            if results.contains(where: { $0.unreadable > 0 }) {
                CommandSupport.printError(
                    "arc keys rotate: no key opens some values. If the key is known, add it to DATA_DECRYPTION_KEYS; if it "
                        + "is lost, so are they (docs/operations.md, Rotating secrets).")
                throw ExitCode(3)
            }
            guard results.allSatisfy(\.isComplete) else {
                if !dryRun {
                    CommandSupport.printError(
                        "arc keys rotate: some values stayed locked by others. Run it again; do not remove the old key yet."
                    )
                }
                throw ExitCode(2)
            }
        }

        private func rotate(_ database: MigratedDatabase) async throws -> DatabaseResult {
            let reader = try database.settings(isNamed: service != nil, for: "arc keys rotate")
            let keys = try EncryptionKeys.forWriting(reader: reader)
            let pool = PostgresPool(
                configuration: try .forMigrations(reader: reader), logger: Logger(label: "arc.keys"))
            let rotation = KeyRotation(
                pool: pool, keys: keys,
                settings: .init(
                    batchSize: batchSize, pause: .milliseconds(pauseMilliseconds), isDryRun: dryRun))
            var result = DatabaseResult(database: database, key: Hex.encode(keys.current.identifier))
            if !json {
                CommandSupport.printLine(
                    "\(database.rawValue): the current key is \(result.key); \(keys.others.count) more can decrypt")
            }
            return try await CommandSupport.closing({ await pool.shutdown() }) {
                for column in database.sealedColumns {
                    var report = ProgressReport(isSilent: json)
                    let outcome = try await rotation.run(column) { report.show($0) }
                    if !json { CommandSupport.printLine(line(outcome)) }
                    result.outcomes.append(outcome)
                }
                return result
            }
        }

        private func line(_ outcome: RotationOutcome) -> String {
            var parts = ["\(outcome.rows) rows"]
            if dryRun {
                parts.append(outcome.left == 0 ? "nothing to do" : "\(outcome.left) would be encrypted again")
            } else {
                parts.append("\(outcome.resealed) encrypted again")
                if outcome.left > 0 { parts.append("\(outcome.left) left, because others have locked them") }
            }
            if outcome.unreadable > 0 { parts.append("\(outcome.unreadable) that no key opens") }
            return "  \(outcome.column): \(parts.joined(separator: ", "))"
        }

        private static func explanation(of error: any Error) -> String {
            guard let failure = error as? PostgresError, failure.isDependencyUnavailable, !failure.isUnavailable else {
                return "\(error)"
            }
            return
                "\(failure); apply all migrations first (`arc migrate up`), and connect as the role that owns the tables"
        }
    }
}

/// What became of a database.
private struct DatabaseResult {
    let database: MigratedDatabase
    /// The identifier of the current key.
    let key: String
    var outcomes: [RotationOutcome] = []

    var unreadable: Int { outcomes.reduce(0) { $0 + $1.unreadable } }
    var isComplete: Bool { outcomes.allSatisfy { $0.left == 0 && $0.unreadable == 0 } }

    var json: JSONValue {
        ["database": .string(database.rawValue), "columns": .array(outcomes.map(\.json))]
    }
}

/// Tells a person at most every second how far a column is.
private struct ProgressReport {
    let isSilent: Bool
    private var next = ContinuousClock.now.advanced(by: .seconds(1))

    init(isSilent: Bool) { self.isSilent = isSilent }

    mutating func show(_ progress: RotationProgress) {
        guard !isSilent, ContinuousClock.now >= next else { return }
        next = ContinuousClock.now.advanced(by: .seconds(1))
        let total = progress.estimatedRows > progress.rows ? " of about \(progress.estimatedRows)" : ""
        let pass = progress.pass > 1 ? ", pass \(progress.pass)" : ""
        CommandSupport.printError(
            "  \(progress.column): \(progress.rows)\(total) rows read, \(progress.resealed) encrypted again\(pass)")
    }
}
