import Billing
import Entities
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// The HTTP operation by which operators say what a tenant costs.
struct TenantCostController: Sendable {
    let pool: PostgresPool
    let tenants: EntitledTenants

    private static let schema = Schema.object(
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init("month", ReportRange.pattern.example("2026-01"), required: true),
            .init("currencyCode", .string(pattern: .currencyCode).example("USD"), required: true),
            .init(
                "amount",
                Schema.integer(minimum: 0, maximum: 1_000_000_000_000_000).example(1250).described("In minor units"),
                required: true),
            .init("description", .string(maxLength: 200, pattern: .visibleText).example("Two database servers")),
        ], name: "TenantCost")

    var operations: [Operation] { [set()] }

    private func set() -> Operation {
        Operation(
            .post, "/reports/tenant-costs", id: "ReportController.setTenantCost",
            summary: "Set what a tenant costs in a month; a later amount replaces an earlier one",
            access: ReportPolicy.setCost,
            requestBody: Self.schema, responses: [.init(.noContent, "The cost is set")],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                let cost = try await cost(try call.request.object())
                let context = call.writeContext
                try await context.withTransaction(on: pool, resource: nil) { transaction in
                    var batch = PostgresBatch()
                    batch.add(
                        AuditedCommand.statement("setTenantCost", "TenantCost", id: cost.tenant, tenant: cost.tenant))
                    batch.add(TenantReportRepository.setCost(cost))
                    _ = try await transaction.run(batch)
                }
                return .noContent
            })
    }

    private func cost(_ body: JSONObject) async throws -> TenantCost {
        guard let month = body["month"]?.stringValue.flatMap({ ReportMonth($0) }), ReportRange.possible.contains(month)
        else {
            throw HTTPFailure.invalidField("/month", code: "month", "must be a month, such as 2026-01")
        }
        guard let currency = body["currencyCode"]?.stringValue, (try? Currency(currency))?.isKnown == true else {
            throw HTTPFailure.invalidField("/currencyCode", code: "exists", "must be the code of a currency")
        }
        guard let tenant = body["tenantId"]?.stringValue.flatMap({ Identifier($0) }),
            try await tenants.unknown(among: [tenant]).isEmpty
        else { throw HTTPFailure.invalidField("/tenantId", code: "exists", "must be the id of a tenant") }
        return TenantCost(
            tenant: tenant, month: month, currency: currency,
            amount: body["amount"]?.numberValue?.int64 ?? 0, description: body["description"]?.stringValue)
    }
}
