import ArgumentParser
import Billing
import Logging
import Primitives
import SampleData
import Synchronization

/// `arc seed`: sample data.
struct SeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed",
        abstract: "Fill the databases with made-up tenants and subscriptions, for trials and measurements.",
        discussion: """
            The same options make the same rows, with the same ids. Tenants have leads, contacts, resources and invoices; the
            subscription service knows them, and has their subscriptions with invoices. Nothing is announced, mailed, audited
            or provisioned, and no application data exists. Rows are stored with COPY, those of each database in one
            transaction, during which nobody else can write to these tables. The subscriptions refer to plans that exist already.

            Without --service, fills both databases of the stack that `arc up` runs. With --service, fills the database given
            by DB_HOST, DB_PORT and DB_DATABASE as the role that owns the tables (DB_MIGRATION_USER); give the same options
            for both services.
            """)

    @Option(help: "How many tenants, 1 to 10000000.")
    var tenants: Int
    @Option(help: "How many subscriptions each of them has, 0 to 100.")
    var subscriptionsPerTenant = 3
    @Option(help: "Decides what is random.")
    var seed: UInt64 = 1
    @Option(help: "The day that the data leads up to, such as 2026-01-31 (default: today in UTC).")
    var asOf: String?
    @Option(help: "The number of the first tenant, with which its key ends: different for each part that is added.")
    var start = 1
    @Flag(help: "Add to rows that are there already.")
    var append = false
    @Option(help: "tenant-management or subscription (default: both, of `arc up`).")
    var service: MigratedDatabase?

    private static let maximumTenants = 10_000_000

    func validate() throws {
        guard (1...Self.maximumTenants).contains(tenants) else {
            throw ValidationError("--tenants must be from 1 to \(Self.maximumTenants).")
        }
        guard (0...100).contains(subscriptionsPerTenant) else {
            throw ValidationError("--subscriptions-per-tenant must be from 0 to 100.")
        }
        guard (1...1_000_000_000).contains(start) else {
            throw ValidationError("--start must be from 1 to 1000000000.")
        }
        guard service == nil || service == .tenantManagement || service == .subscription else {
            throw ValidationError("--service must be tenant-management or subscription.")
        }
        let day = try today()
        guard (1990...9000).contains(day.year) else { throw ValidationError("--as-of must be from 1990 to 9000.") }
    }

    private func today() throws -> CalendarDate {
        guard let asOf else { return CalendarDate(of: SystemClock().now()) }
        do throws(BillingError) { return try CalendarDate(asOf) } catch {
            throw ValidationError("--as-of must be a date such as 2026-01-31.")
        }
    }

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        var size = SampleSize(
            tenants: tenants, subscriptionsPerTenant: subscriptionsPerTenant, seed: seed, today: try today())
        size.firstNumber = start
        for database in service.map({ [$0] }) ?? [.tenantManagement, .subscription] {
            try await fill(database, size)
        }
    }

    private func fill(_ database: MigratedDatabase, _ size: SampleSize) async throws {
        let began = ContinuousClock.now
        let shown = Mutex(began)
        do {
            let seeder = SampleDataSeeder(
                database == .subscription ? .subscription : .tenantManagement, of: size,
                in: try await MigrateCommand.configuration(of: database, isNamed: service != nil, for: "arc seed"),
                appends: append, logger: Logger(label: "arc.seed"))
            let stored = try await seeder.run { progress in
                let now = ContinuousClock.now
                let isDue = shown.withLock { last in
                    guard now - last >= .seconds(1) else { return false }
                    last = now
                    return true
                }
                guard isDue else { return }
                let rate = Double(progress.rows) / Double(max(1, (now - began).components.seconds))
                CommandSupport.printError(
                    "\(database.rawValue): \(progress.tenants) of \(size.tenants) tenants, \(Int(rate)) rows a second")
            }
            let seconds = (ContinuousClock.now - began).components.seconds
            let counts = stored.map { "\($0.rows) \($0.table)" }.joined(separator: ", ")
            CommandSupport.printLine("\(database.rawValue): stored \(counts) in \(seconds) s")
        } catch {
            throw CommandSupport.fail("arc seed: \(database.rawValue): \(error). Nothing was stored in this database.")
        }
    }
}
