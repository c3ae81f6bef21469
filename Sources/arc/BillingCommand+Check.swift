import ArgumentParser
import Billing
import JSONCoding
import Logging
import PostgresClient
import Primitives
import Subscription

extension BillingCommand {
    /// `arc billing check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that the ledger adds up, and that every invoice follows from what is stored.",
            discussion: """
                Checks that every transaction of the ledger adds up to zero; that invoices are the sums of their lines, taxes and
                credit; that the ledger has what invoices, payments and credit notes say; that nothing was credited that was not
                billed; that no number of a series is missing; and that the billing engine makes the same invoices again, line by
                line, of what is stored about each subscription, with none missing and none doubled.

                Reads only; services may go on working. Uses the database that DB_HOST, DB_PORT and DB_DATABASE name, as the role
                DB_MIGRATION_USER (or DB_USER), else that of the stack that `arc up` runs.

                Exit status: 0 when everything adds up, 1 when the command could not do its work, 2 when there are findings.
                """)

        @Option(help: "Only this tenant; numbers of series are not checked then.")
        var tenant: String?
        @Option(
            help: "Only what was issued, booked or billed on this day or later, such as 2026-01-31, and what is live.")
        var since: String?
        @Flag(help: "Print a JSON object on each line.")
        var json = false

        func validate() throws {
            guard tenant == nil || tenant.flatMap({ Identifier($0) }) != nil else {
                throw ValidationError("--tenant must be the id of a tenant.")
            }
            guard since == nil || day != nil else {
                throw ValidationError("--since must be a day, such as 2026-01-31.")
            }
        }

        private var day: CalendarDate? { since.flatMap { try? CalendarDate($0) } }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let summary: BillingCheck.Summary
            do {
                let reader = try MigratedDatabase.subscription.settings(isNamed: true, for: "arc billing check")
                let pool = PostgresPool(
                    configuration: try .forMigrations(reader: reader), logger: Logger(label: "arc.billing"))
                let options = BillingCheck.Options(tenant: tenant.flatMap { Identifier($0) }, since: day)
                summary = try await CommandSupport.closing({ await pool.shutdown() }) {
                    try await BillingCheck(pool: pool, options: options).run { show($0) }
                }
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc billing check: \(error)")
            }
            show(summary)
            if summary.findings > 0 { throw ExitCode(2) }
        }

        private func show(_ progress: BillingCheck.Progress) {
            switch progress {
            case .checked(let count, let subject):
                if !json { CommandSupport.printError("  \(count) \(subject.rawValue) checked") }
            case .finding(let finding):
                guard !json else {
                    CommandSupport.printLine(finding.json.serializedText())
                    return
                }
                let names = [
                    ("tenant", finding.tenant), ("subscription", finding.subscription), ("invoice", finding.invoice),
                ]
                let subject = names.compactMap { name, id in id.map { "\(name) \($0)" } }.joined(separator: ", ")
                CommandSupport.printLine(
                    "\(finding.kind.rawValue)  \(subject.isEmpty ? "" : "\(subject): ")\(finding.text)")
            }
        }

        private func show(_ summary: BillingCheck.Summary) {
            let counts = BillingCheck.Subject.allCases.map { ($0.rawValue, summary.counts[$0] ?? 0) }
            guard !json else {
                var document = JSONObject(counts.map { ($0.0, JSONValue.integer($0.1)) })
                document["findings"] = .integer(summary.findings)
                CommandSupport.printLine(JSONValue.object(document).serializedText())
                return
            }
            let text = counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
            CommandSupport.printLine("\(text): \(summary.findings) findings")
        }
    }
}
