import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

// Monthly recurring revenue, and how it changes.

extension ReportController {
    private static let monthColumn = ReportTable.Column("month", text.example("2026-01"), "The month, in UTC")

    func mrr() -> Operation {
        let columns = [
            Self.monthColumn, Self.currencyColumn,
            .init("opening", Self.amount, "Monthly recurring revenue at the start of the month"),
            .init("new", Self.amount, "From tenants that had never paid before"),
            .init("expansion", Self.amount, "From tenants that pay more"),
            .init("contraction", Self.amount, "From tenants that pay less; negative"),
            .init("churned", Self.amount, "From tenants that no longer pay; negative"),
            .init("reactivated", Self.amount, "From tenants that pay again"),
            .init("closing", Self.amount, "At the end of the month: the sum of the above"),
            .init("tenants", Self.count, "Tenants that pay at the end of the month"),
        ]
        return report(
            "mrr", "mrr", "Monthly recurring revenue, and how it changed", columns,
            parameters: ReportRange.parameters + [.reportClocks]
        ) { request in
            try await reports.revenue(
                try ReportRange(request, today: Self.today(request)), of: request.reportTenants
            ).map { line in
                [
                    .string(line.month), .string(line.currency), .integer(line.openingAmount),
                    .integer(line.amount(.new)), .integer(line.amount(.expansion)),
                    .integer(line.amount(.contraction)), .integer(line.amount(.churned)),
                    .integer(line.amount(.reactivated)), .integer(line.closingAmount), .integer(line.closingTenants),
                ]
            }
        }
    }

    func mrrItems() -> Operation {
        let columns = [
            ReportTable.Column("tenantId", Self.id, "The tenant"),
            .init("amount", Self.amount, "What it pays per month, as of the end of the month"),
        ]
        return list(
            "mrr/items", "mrrItems", "What each tenant pays of the monthly recurring revenue at the end of a month",
            columns,
            parameters: [Self.month, Self.currency, .reportClocks]
        ) { request, cursor, limit in
            let rows = try await reports.revenueItems(
                try Self.month(request), Self.required("currency", request), of: request.reportTenants,
                after: try ReportPage.position(cursor), limit: limit)
            return ReportPage(
                rows: try rows.map { [.identifier(try $0.identifier(0)), .integer(try $0.int64(1))] },
                next: rows.count == limit ? try rows.last?.identifier(0).description : nil)
        }
    }

    func churn() -> Operation {
        let columns = [
            Self.monthColumn, Self.currencyColumn,
            ReportTable.Column("openingTenants", Self.count, "Tenants that paid at the start of the month"),
            .init("newTenants", Self.count, "Tenants that paid for the first time"),
            .init("reactivatedTenants", Self.count, "Tenants that paid again"),
            .init("churnedTenants", Self.count, "Tenants that stopped paying"),
            .init("closingTenants", Self.count, "Tenants that paid at the end of the month"),
            .init("openingAmount", Self.amount, "Monthly recurring revenue at the start of the month"),
            .init("new", Self.amount, "From new tenants"),
            .init("expansion", Self.amount, "From tenants that pay more"),
            .init("contraction", Self.amount, "From tenants that pay less; negative"),
            .init("churned", Self.amount, "From tenants that no longer pay; negative"),
            .init("reactivated", Self.amount, "From tenants that pay again"),
            .init(
                "logoChurn", Self.text.nullable().example("2.50"),
                "Churned tenants as a percentage of the tenants at the start; null if there were none"),
            .init(
                "revenueChurn", Self.text.nullable().example("1.75"),
                "Contraction and churn as a percentage of the revenue at the start; null if there was none"),
        ]
        return report(
            "churn", "churn", "New, lost and returned tenants and revenue, month by month", columns,
            parameters: ReportRange.parameters + [.reportClocks]
        ) { request in
            try await reports.revenue(
                try ReportRange(request, today: Self.today(request)), of: request.reportTenants
            ).map { line in
                [
                    .string(line.month), .string(line.currency), .integer(line.openingTenants),
                    .integer(line.count(.new)), .integer(line.count(.reactivated)), .integer(line.count(.churned)),
                    .integer(line.closingTenants), .integer(line.openingAmount), .integer(line.amount(.new)),
                    .integer(line.amount(.expansion)), .integer(line.amount(.contraction)),
                    .integer(line.amount(.churned)), .integer(line.amount(.reactivated)),
                    line.logoChurn.map { .string($0) } ?? .null, line.revenueChurn.map { .string($0) } ?? .null,
                ]
            }
        }
    }

    func churnItems() -> Operation {
        let columns = [
            ReportTable.Column("id", Self.id, "Id of the change"),
            .init("day", Self.text.example("2026-01-31"), "In UTC"), .init("tenantId", Self.id, "The tenant"),
            .init("subscriptionId", Self.id, "The subscription that changed"),
            .init(
                "kind", .string(oneOf: RevenueMovement.Kind.allCases.map(\.rawValue)),
                "How it changed the tenant's revenue"),
            .init("amount", Self.amount, "By how much"),
        ]
        return list(
            "churn/items", "churnItems", "The changes of a month, which add up to its figures", columns,
            parameters: [Self.month, Self.currency, .reportClocks]
        ) { request, cursor, limit in
            let rows = try await reports.movementItems(
                try Self.month(request), Self.required("currency", request), of: request.reportTenants,
                after: try Self.movement(cursor), limit: limit)
            var next: String?
            if rows.count == limit, let last = rows.last { next = "\(try last.text(1))_\(try last.identifier(0))" }
            return ReportPage(
                rows: try rows.map { row in
                    [
                        .identifier(try row.identifier(0)), .string(try row.text(1)),
                        .identifier(try row.identifier(2)), .identifier(try row.identifier(3)),
                        .string(try row.text(4)), .integer(try row.int64(5)),
                    ]
                }, next: next)
        }
    }

    /// The change that a cursor stands for.
    private static func movement(_ cursor: String?) throws(HTTPFailure) -> (day: String, id: Identifier)? {
        guard let cursor else { return nil }
        let parts = cursor.split(separator: "_")
        guard parts.count == 2, let day = try? CalendarDate(String(parts[0])), let id = Identifier(String(parts[1]))
        else {
            throw .invalidParameter(
                "cursor", value: .string(cursor), reason: "must be the cursor of a Link header of this list")
        }
        return (day.description, id)
    }
}
