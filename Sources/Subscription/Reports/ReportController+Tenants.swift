import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

// What tenants bring in and cost.

extension ReportController {
    private static let tenantColumn = ReportTable.Column("tenantId", id, "The tenant")

    func tenantReport() -> Operation {
        let columns = [
            Self.tenantColumn, Self.currencyColumn,
            .init("revenue", Self.amount, "Billed in these months, less discounts and credits, without taxes"),
            .init("cost", Self.amount, "Cost of these months, as set by operators"),
            .init("margin", Self.amount, "Revenue less cost"),
        ]
        return list(
            "tenants", "tenants", "Revenue and cost of each tenant", columns,
            parameters: ReportRange.parameters + [.reportClocks]
        ) { request, cursor, limit in
            let range = try ReportRange(request, today: Self.today(request))
            let (rows, last) = try await tenants.page(
                range, of: request.reportTenants, after: try ReportPage.position(cursor), limit: limit)
            return ReportPage(
                rows: try rows.map { row in
                    let (revenue, cost) = (try row.int64(2), try row.int64(3))
                    return [
                        .identifier(try row.identifier(0)), .string(try row.text(1)), .integer(revenue), .integer(cost),
                        .integer(revenue - cost),
                    ]
                }, next: last?.description)
        }
    }

    func tenantItems() -> Operation {
        let columns = [
            ReportTable.Column("id", Self.id, "Id of the ledger entry or of the cost"),
            .init("type", .string(oneOf: ["revenue", "cost"]), "Which figure it is a part of"),
            .init(
                "day", Self.text.example("2026-01-31"),
                "When it was booked, in UTC; for a cost, the first day of its month"),
            .init("kind", Self.text.example("issue"), "What happened"),
            .init("invoiceId", Self.id.nullable(), "The invoice that it is about"),
            .init("description", Self.text.nullable().example("Two database servers"), "Description of the cost"),
            .init("amount", Self.amount, "Its part of the figure"),
        ]
        let tenant = OperationParameter(
            "tenantId", in: .query, schema: Self.id, isRequired: true, description: "Id of the tenant, a UUID")
        return list(
            "tenants/items", "tenantItems", "What the revenue and the cost of a tenant consist of", columns,
            parameters: [tenant, Self.currency] + ReportRange.parameters
        ) { request, cursor, limit in
            let range = try ReportRange(request, today: Self.today(request))
            guard let tenant = Identifier(Self.required("tenantId", request)) else {
                throw HTTPFailure.invalidParameter("tenantId", value: .null, reason: "must be the id of a tenant")
            }
            let rows = try await tenants.items(
                range, of: tenant, Self.required("currency", request), after: try ReportPage.position(cursor),
                limit: limit)
            return ReportPage(
                rows: try rows.map { row in
                    [
                        .identifier(try row.identifier(0)), .string(try row.text(1)), .string(try row.text(2)),
                        .string(try row.text(3)), try row.identifierIfPresent(4).map { .identifier($0) } ?? .null,
                        try row.textIfPresent(5).map { .string($0) } ?? .null, .integer(try row.int64(6)),
                    ]
                }, next: rows.count == limit ? try rows.last?.identifier(0).description : nil)
        }
    }
}
