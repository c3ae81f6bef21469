import Billing
import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import PostgresClient
import Primitives
import ServiceKit

// The parameters of requests for reports, and the formats of the answers.

extension ReportRange {
    static let pattern = Schema.string(minLength: 7, maxLength: 7)
    static let parameters = [
        OperationParameter(
            "from", in: .query, schema: pattern.example("2026-01"),
            description: "The first month (default: eleven months before the last one)"),
        OperationParameter(
            "to", in: .query, schema: pattern.example("2026-12"),
            description: "The last month (default: the current one)"),
    ]

    /// What the parameters of a request say.
    /// - Parameter today: In UTC.
    init(_ request: OperationRequest, today: CalendarDate) throws(HTTPFailure) {
        let last = try ReportRange.month("to", of: request) ?? ReportMonth(of: today)
        let first =
            try ReportRange.month("from", of: request) ?? max(last.adding(-11), ReportRange.possible.lowerBound)
        guard let range = ReportRange(from: first, to: last) else {
            throw .invalidParameter(
                "from", value: .string(first.description),
                reason: "must not be after the last month, and a report has at most \(ReportRange.maximumMonths) months"
            )
        }
        self = range
    }

    static func month(_ name: String, of request: OperationRequest) throws(HTTPFailure) -> ReportMonth? {
        guard let text = QueryString.first(name, in: request.query) else { return nil }
        guard let month = ReportMonth(text), possible.contains(month) else {
            throw .invalidParameter(
                name, value: .string(text),
                reason: "must be a month from \(possible.lowerBound) to \(possible.upperBound), such as 2026-01")
        }
        return month
    }
}

extension OperationParameter {
    /// Which tenants a report is about.
    static let reportClocks = OperationParameter(
        "testClocks", in: .query, schema: .string(oneOf: ["true", "false"]),
        description: "Whether to report on the tenants with test clocks instead of all others (default: false)")

    /// The format of a report.
    static let reportFormat = OperationParameter(
        "format", in: .query, schema: .string(oneOf: ["json", "csv"]),
        description: "The format of the answer; without it, `Accept: text/csv` selects csv (default: json)")
}

extension OperationRequest {
    /// Which tenants the report is about.
    var reportTenants: ReportTenants {
        QueryString.first("testClocks", in: query) == "true" ? .onTestClocks : .onRealTime
    }
}

extension OperationResponse {
    /// A report in the form that the request asks for.
    static func report(_ table: ReportTable, for request: OperationRequest) -> OperationResponse {
        let format = QueryString.first("format", in: request.query)
        guard format == "csv" || (format == nil && prefersCSV(request)) else { return .json { table.write(to: &$0) } }
        return OperationResponse(status: .ok, body: ByteBuffer(string: table.csv), mediaType: "text/csv; charset=utf-8")
    }

    /// Whether `Accept` names text/csv and not JSON, or names it first.
    private static func prefersCSV(_ request: OperationRequest) -> Bool {
        let types = (request.headers[.accept] ?? "").split(separator: ",").map { part in
            part.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        }
        return types.first { ["text/csv", "application/json"].contains($0) } == "text/csv"
    }
}
