import Billing
import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// The HTTP operations of reports. Each figure is explained by a list that adds up to it.
struct ReportController: Sendable {
    let reports: ReportRepository
    let tenants: TenantReportRepository
    let limits: QueryLimits

    var operations: [Operation] {
        [
            mrr(), mrrItems(), churn(), churnItems(), aging(), agingItems(), tenantReport(), tenantItems(),
        ]
    }

    static let currency = OperationParameter(
        "currency", in: .query, schema: .string(pattern: .currencyCode).example("USD"), isRequired: true,
        description: "Code of the currency")
    static let month = OperationParameter(
        "month", in: .query, schema: ReportRange.pattern.example("2026-01"), isRequired: true,
        description: "A month of the calendar in UTC")
    static let amount = Schema.integer().example(15_000)
    static let count = Schema.integer().example(12)
    static let id = Schema.string(format: .uuid)
    static let text = Schema.string()
    static let currencyColumn = ReportTable.Column("currency", text.example("USD"), "Amounts are in its minor units")

    /// A report of one page.
    func report(
        _ path: String, _ name: String, _ summary: String, _ columns: [ReportTable.Column],
        parameters: [OperationParameter] = [],
        _ rows: @escaping @Sendable (OperationRequest) async throws -> [[JSONValue]]
    ) -> Operation {
        Operation(
            .get, "/reports/\(path)", id: "ReportController.\(name)", summary: summary, access: ReportPolicy.view,
            parameters: parameters + [.reportFormat],
            responses: [
                .init(
                    .ok, "The rows; as text/csv if that is asked for",
                    schema: ReportTable.schema(columns, of: name))
            ],
            handler: .scoped { call in
                .report(ReportTable(columns: columns, rows: try await rows(call.request)), for: call.request)
            })
    }

    /// A list of several pages.
    /// - Parameter rows: Gets the cursor and the most rows of a page.
    func list(
        _ path: String, _ name: String, _ summary: String, _ columns: [ReportTable.Column],
        parameters: [OperationParameter],
        _ rows: @escaping @Sendable (OperationRequest, String?, Int) async throws -> ReportPage
    ) -> Operation {
        let size = limits.maximumLimit > 0 ? min(limits.maximumLimit, Self.pageSize) : Self.pageSize
        return Operation(
            .get, "/reports/\(path)", id: "ReportController.\(name)", summary: summary, access: ReportPolicy.view,
            parameters: parameters + [.reportFormat, .cursor],
            responses: [
                .init(
                    .ok, "The rows of a page; as text/csv if that is asked for",
                    schema: ReportTable.schema(columns, of: name),
                    headers: [.link])
            ],
            handler: .scoped { call in
                let cursor = QueryString.first("cursor", in: call.request.query)
                let page = try await rows(call.request, cursor, size)
                var response = OperationResponse.report(
                    ReportTable(columns: columns, rows: page.rows), for: call.request)
                response.linkToPage(after: page.next, of: call.request)
                return response
            })
    }

    private static let pageSize = 500

    static func required(_ name: String, _ request: OperationRequest) -> String {
        QueryString.first(name, in: request.query) ?? ""
    }

    static func month(_ request: OperationRequest) throws(HTTPFailure) -> ReportMonth {
        guard let month = try ReportRange.month("month", of: request) else {
            throw .invalidParameter("month", value: .null, reason: "must be a month, such as 2026-01")
        }
        return month
    }

    static func today(_ request: OperationRequest) -> CalendarDate { CalendarDate(of: request.instant) }
}

/// Rows of a list, and the cursor of the page after them.
struct ReportPage: Sendable {
    let rows: [[JSONValue]]
    let next: String?

    /// The id that a cursor stands for; the first one without a cursor.
    static func position(_ cursor: String?) throws(HTTPFailure) -> Identifier {
        guard let id = Identifier(cursor ?? "00000000-0000-0000-0000-000000000000") else {
            throw .invalidParameter(
                "cursor", value: .string(cursor ?? ""), reason: "must be the cursor of a Link header of this list")
        }
        return id
    }
}
