import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operation that starts to provision a tenant.
struct ProvisioningController: Sendable {
    let service: ProvisioningService

    var operations: [Operation] { [provision()] }

    /// Other members of a plan are passed to the pipeline unchanged.
    private static let planSchema = Schema.object(
        [.init("tier", .any.described("Required string: how the tenant is provisioned").example("BASIC"))],
        isClosed: false)

    private static let subscriptionSchema = Schema.object(
        [
            .init(
                "id",
                .string().described("Required; the response is 400 without it")
                    .example("019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80")),
            .init("subscriberId", .string()), .init("startDate", .string()), .init("endDate", .string()),
            .init("status", .number()), .init("planId", .string()), .init("invoiceId", .string()),
            .init("plan", planSchema),
            // Clients send a subscription as they have read it.
            .init(
                "paymentState", Schema.string().nullable().described("Shown by the subscription service; ignored here")),
        ] + AuditBlock.requestProperties, name: "SubscriptionDTO")

    private func provision() -> Operation {
        Operation(
            .post, "/tenants/{id}/provision", id: "TenantController.provision",
            summary: "Start provisioning a tenant for a subscription",
            access: ProvisioningPolicy.provision,
            parameters: [.id], requestBody: Self.subscriptionSchema,
            responses: [.init(.noContent, "Accepted; a repeated request has no further effect")],
            failures: [
                .badRequest: "The subscription's id or plan.tier is missing", .notFound: "There is no such tenant",
                .conflict: "The status of the tenant does not allow it",
                .unprocessableContent: "The body is invalid, or the plan is too large for an event",
            ],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                let id = try call.request.identifier()
                _ = try await service.provision(
                    tenant: id, subscription: try call.request.object(), in: call.writeContext)
                return .noContent
            })
    }
}
