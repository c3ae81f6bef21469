import Billing
package import Logging
package import PostgresClient
import Primitives

/// Fills one database with sample data, in one transaction.
package struct SampleDataSeeder: Sendable {
    /// Which database.
    package enum Part: Sendable {
        case tenantManagement
        case subscription
    }

    /// How far it is.
    package struct Progress: Sendable {
        package let tenants: Int
        package let rows: Int
    }

    private let configuration: PostgresConfiguration
    private let part: Part
    private let size: SampleSize
    /// Whether rows may be there already.
    private let appends: Bool
    private let logger: Logger
    /// Tenants whose rows are in memory at the same time.
    private static let batch = 1000

    /// - Parameter configuration: The database as the role that owns the tables.
    package init(
        _ part: Part, of size: SampleSize, in configuration: PostgresConfiguration, appends: Bool, logger: Logger
    ) {
        self.part = part
        self.size = size
        self.configuration = configuration
        self.appends = appends
        self.logger = logger
    }

    /// Stores the rows, then updates the statistics of the tables.
    /// - Returns: The number of new rows of each table.
    package func run(
        progress: @escaping @Sendable (Progress) -> Void
    ) async throws(SampleDataError) -> [(table: String, rows: Int)] {
        let outcome: Result<[(table: String, rows: Int)], SampleDataError>
        do {
            outcome = try await BlockingSession.run(configuration, logger: logger) { session in
                Result { () throws(SampleDataError) in try store(in: session, progress) }
            }
        } catch {
            throw .database(error)
        }
        return try outcome.get()
    }

    private func store(
        in session: BlockingSession, _ progress: (Progress) -> Void
    ) throws(SampleDataError) -> [(table: String, rows: Int)] {
        switch part {
        case .tenantManagement:
            return try store(TenantManagementTables(size), in: session, progress)
        case .subscription:
            let plans = try self.plans(in: session)
            return try store(SubscriptionTables(size, plans: plans), in: session, progress)
        }
    }

    private func store<Tables: SampleTables>(
        _ tables: Tables, in session: BlockingSession, _ progress: (Progress) -> Void
    ) throws(SampleDataError) -> [(table: String, rows: Int)] {
        let names = Tables.names
        try execute("BEGIN", in: session)
        try execute(SampleDataStatements.triggers(names, areEnabled: false), in: session)
        if !appends {
            let occupied = try query(SampleDataStatements.occupied(names), in: session).compactMap { $0.first ?? nil }
            guard occupied.isEmpty else { throw .notEmpty(occupied) }
        }
        let counts = try copy(tables, in: session, progress)
        try execute(SampleDataStatements.checkConstraints, in: session)
        try execute(SampleDataStatements.triggers(names, areEnabled: true), in: session)
        try execute("COMMIT", in: session)
        // Autovacuum does the same a little later.
        try? session.execute(SampleDataStatements.vacuum(names))
        return zip(names, counts).map { ($0, $1) }
    }

    private func copy(
        _ tables: some SampleTables, in session: BlockingSession, _ progress: (Progress) -> Void
    ) throws(SampleDataError) -> [Int] {
        var tables = tables
        var counts = tables.texts.map { _ in 0 }
        for first in stride(from: 0, to: size.tenants, by: Self.batch) {
            let end = min(first + Self.batch, size.tenants)
            do throws(BillingError) {
                for index in first..<end { try tables.add(tenant: size.firstNumber + index) }
            } catch {
                throw .unusable(error)
            }
            do throws(PostgresError) {
                for (table, text) in tables.texts.enumerated() where text.rows > 0 {
                    counts[table] += try session.copy(SampleDataStatements.copy(text), text.bytes)
                }
            } catch {
                throw .database(error)
            }
            tables.removeAll()
            progress(Progress(tenants: end, rows: counts.reduce(0, +)))
        }
        return counts
    }

    private func plans(in session: BlockingSession) throws(SampleDataError) -> [SamplePlan] {
        let plans = try query(SampleDataStatements.plans, in: session).compactMap { Self.plan($0) }
        guard !plans.isEmpty || size.subscriptionsPerTenant == 0 else { throw .noPlans }
        return plans
    }

    private func execute(_ statement: String, in session: BlockingSession) throws(SampleDataError) {
        do throws(PostgresError) { try session.execute(statement) } catch { throw .database(error) }
    }

    private func query(_ statement: String, in session: BlockingSession) throws(SampleDataError) -> [[String?]] {
        do throws(PostgresError) { return try session.query(statement) } catch { throw .database(error) }
    }

    /// The plan of a row; nil if it cannot be billed.
    private static func plan(_ row: [String?]) -> SamplePlan? {
        let values = row.compactMap { $0 }
        guard values.count == 7, let id = Identifier(values[0]), let duration = Int(values[5]),
            let currency = try? Currency(values[4]),
            let price = try? Money(decimal: values[3], currency: currency),
            let cycle = try? BillingCycle(duration: duration, durationUnit: values[6])
        else { return nil }
        return SamplePlan(id: id, name: values[1], tier: values[2], price: price, cycle: cycle)
    }
}
