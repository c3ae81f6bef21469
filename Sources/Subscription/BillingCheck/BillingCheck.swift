package import Billing
import BillingPreview
import Entities
package import PostgresClient
package import Primitives

/// Proves on a database that the money adds up: the ledger, the invoices with their lines, payments and credit notes, the series of
/// numbers, and that every invoice is what the engine makes of its subscription, with none missing. Reads only, a page at a time, each
/// page as of one moment; services may go on writing.
package struct BillingCheck: Sendable {
    /// What is checked.
    package struct Options: Sendable, Hashable {
        /// Only this tenant; series of numbers are those of all tenants, and left out then.
        package var tenant: Identifier?
        /// Invoices that were issued, subscriptions that were billed or are live, and movements that were booked on this day or later.
        package var since: CalendarDate?

        package init(tenant: Identifier? = nil, since: CalendarDate? = nil) {
            self.tenant = tenant
            self.since = since
        }
    }

    /// What is reported while it goes on.
    package enum Progress: Sendable {
        case finding(BillingFinding)
        /// How many of what were checked so far.
        case checked(Int, Subject)
    }

    /// What is counted.
    package enum Subject: String, Sendable, CaseIterable {
        case transactions, invoices, subscriptions, credits, series
    }

    /// What was checked.
    package struct Summary: Sendable, Hashable {
        /// How many of each were checked.
        package fileprivate(set) var counts: [Subject: Int] = [:]
        /// How many findings were reported.
        package fileprivate(set) var findings = 0
    }

    let pool: PostgresPool
    let options: Options
    let zones: InstalledZoneLookup

    /// With the time zones of this machine.
    package init(pool: PostgresPool, options: Options) {
        let zones = InstalledZones()
        self.pool = pool
        self.options = options
        self.zones = { zones.zone($0) }
    }

    /// Checks everything.
    /// - Parameter report: Gets each finding, and now and then how far it is.
    package func run(_ report: @Sendable (Progress) -> Void) async throws -> Summary {
        var summary = Summary()
        try await add(.transactions, to: &summary, report) { try await transactions(after: $0) }
        try await add(.invoices, to: &summary, report) { try await invoices(after: $0) }
        try await add(.subscriptions, to: &summary, report) { try await subscriptions(after: $0) }
        try await add(.subscriptions, to: &summary, report) { try await unbilledSubscriptions(after: $0) }
        try await add(.credits, to: &summary, report) { try await credits(after: $0) }
        if options.tenant == nil {
            try await add(.series, to: &summary, report) { _ in try await series() }
        }
        return summary
    }

    /// What one page has shown.
    struct Page: Sendable {
        var count = 0
        var findings: [BillingFinding] = []
        /// The last row of the page; nil if there is no other one.
        var last: Identifier?
    }

    private static let reportingInterval = 10_000

    private func add(
        _ subject: Subject, to summary: inout Summary, _ report: (Progress) -> Void,
        _ page: (Identifier) async throws -> Page
    ) async throws {
        var last: Identifier? = Self.first
        while let start = last {
            let next = try await page(start)
            for finding in next.findings { report(.finding(finding)) }
            let before = summary.counts[subject, default: 0]
            let after = before + next.count
            summary.counts[subject] = after
            summary.findings += next.findings.count
            if after / Self.reportingInterval > before / Self.reportingInterval { report(.checked(after, subject)) }
            last = next.last
        }
    }

    /// Sums of whole tables take their time.
    private static let settings =
        TenantScope.everyTenant + [
            PostgresSetting("transaction_read_only", "on"), PostgresSetting("statement_timeout", "0"),
        ]

    static let first = Identifier("00000000-0000-0000-0000-000000000000")

    /// Reads as of one moment.
    func reading<Value: Sendable>(
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try await pool.withTransaction(settings: Self.settings, isolation: .repeatableRead, as: .read, body)
    }
}
