import Billing
import Entities
import PostgresClient
import Primitives

/// The SQL of the lists of ending subscriptions.
///
/// Conditions that do not apply are left out: with `$1 IS NULL OR …`, the planner expects hardly any row and sorts the whole
/// table. Each status has its own part, which reads one page from the index on status, end and id.
enum ExpiryQuery {
    /// The ACTIVE subscriptions that end after one day and before or on another, the earliest first.
    static func expiring(
        after first: CalendarDate, through last: CalendarDate, _ page: ExpiryPage, in scope: TenantScope
    ) -> BoundStatement {
        var builder = Builder(page, scope)
        let (from, to) = (builder.bind(first), builder.bind(last))
        let select = builder.select(
            // Other texts that the original has stored are not dates and never end.
            "\(active) AND end_date > \(from) AND end_date <= \(to) AND end_date ~ '^\\d{4}-\\d{2}-\\d{2}$'")
        return BoundStatement(PostgresStatement(select), builder.values)
    }

    /// The subscriptions that are EXPIRED, or still ACTIVE although `today` is not paid for, and ended after a day, the
    /// earliest first.
    static func expired(
        by today: CalendarDate, endedAfter day: CalendarDate, _ page: ExpiryPage, in scope: TenantScope
    ) -> BoundStatement {
        var builder = Builder(page, scope)
        let (from, to) = (builder.bind(day), builder.bind(today))
        let marked = builder.select("\(expired) AND end_date > \(from)")
        let unmarked = builder.select("\(active) AND end_date > \(from) AND end_date <= \(to)")
        let statement = PostgresStatement(
            """
            SELECT id, subscriber_id, end_date FROM ((\(marked)) UNION ALL (\(unmarked))) AS ended
            \(builder.page)
            """)
        return BoundStatement(statement, builder.values)
    }

    // What renews does not end.
    private static let active = "NOT renews AND status = \(TenantSubscription.Status.active.rawValue)"
    private static let expired = "NOT renews AND status = \(TenantSubscription.Status.expired.rawValue)"

    /// The conditions that all parts share.
    private struct Builder {
        private(set) var values: [PostgresValue] = []
        private var conditions = ""
        /// Order and limit of a page.
        private(set) var page = "ORDER BY end_date, id"

        init(_ page: ExpiryPage, _ scope: TenantScope) {
            if let tenant = scope.tenantID { conditions += " AND subscriber_id = \(bind(.identifier(tenant)))" }
            if let after = page.after {
                conditions += " AND (end_date, id) > (\(bind(.text(after.endDate))), \(bind(.identifier(after.id))))"
            }
            if let rows = page.rowsToRead { self.page += " LIMIT \(bind(.int64(Int64(rows))))" }
        }

        mutating func bind(_ value: PostgresValue) -> String {
            values.append(value)
            return "$\(values.count)"
        }

        mutating func bind(_ day: CalendarDate) -> String { bind(.text(day.description)) }

        func select(_ condition: String) -> String {
            """
            SELECT id, subscriber_id, end_date FROM main.subscriptions
            WHERE NOT deleted AND \(condition)\(conditions) \(page)
            """
        }
    }
}
