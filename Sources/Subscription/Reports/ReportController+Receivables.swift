import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

// What is due, and for how long.

extension ReportController {
    private static let bucket = Schema.string(oneOf: ReportRepository.buckets)

    func aging() -> Operation {
        let columns = [
            Self.currencyColumn,
            ReportTable.Column("overdue", Self.bucket, "Days overdue; current: not overdue yet"),
            .init("invoices", Self.count, "Number of open invoices"),
            .init("amount", Self.amount, "What is due on them"),
        ]
        return report(
            "receivables-aging", "receivablesAging", "What is due on open invoices, by days overdue",
            columns, parameters: [.reportClocks]
        ) { request in
            try await reports.aging(of: request.reportTenants).map { row in
                [
                    .string(try row.text(0)), .string(try row.text(1)), .integer(try row.int64(2)),
                    .integer(try row.int64(3)),
                ]
            }
        }
    }

    func agingItems() -> Operation {
        let columns = [
            ReportTable.Column("invoiceId", Self.id, "The invoice"),
            .init("number", Self.text.example("INV-000042"), "Its number"),
            .init("tenantId", Self.id.nullable(), "The tenant that has to pay"),
            .init("dueOn", Self.text.example("2026-02-14"), "The last day to pay"),
            .init("daysOverdue", Self.count, "Days since then"), .init("amount", Self.amount, "What is due"),
        ]
        let overdue = OperationParameter(
            "overdue", in: .query, schema: Self.bucket, isRequired: true, description: "The part of the report")
        return list(
            "receivables-aging/items", "receivablesAgingItems", "The open invoices in one part of the report", columns,
            parameters: [Self.currency, overdue, .reportClocks]
        ) { request, cursor, limit in
            let rows = try await reports.agingItems(
                Self.required("currency", request), Self.required("overdue", request), of: request.reportTenants,
                after: try ReportPage.position(cursor), limit: limit)
            return ReportPage(
                rows: try rows.map { row in
                    [
                        .identifier(try row.identifier(0)), .string(try row.text(1)),
                        try row.identifierIfPresent(2).map { .identifier($0) } ?? .null, .string(try row.text(3)),
                        .integer(try row.int64(4)), .integer(try row.int64(5)),
                    ]
                }, next: rows.count == limit ? try rows.last?.identifier(0).description : nil)
        }
    }
}
