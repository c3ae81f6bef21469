import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations of payment sources (docs/contract/arc-api.md 6.10).
struct PaymentSourceController: Sendable {
    let service: PaymentSourceService

    private static let path = "/billing-payment-source"
    private static let id = OperationParameter(
        "paymentSourceId", in: .path, schema: .string(),
        description: "Internal id of the payment source, or the provider's id")
    private static let missing = "There is no such payment source"

    var operations: [Operation] { [create(), readWithoutID(), read(), delete()] }

    private func create() -> Operation {
        Operation(
            .post, Self.path, id: "BillingPaymentSourceController.create", summary: "Add a payment source",
            access: PaymentSourcePolicy.create,
            requestBody: PaymentSourceSchemas.new,
            responses: [
                .init(
                    .created, "The payment source, masked", schema: PaymentSourceSchemas.source,
                    headers: [.location, .eTag])
            ],
            failures: [.notFound: "There is no such customer"],
            idempotency: .recover { recovery in
                Self.created(try await service.created(try recovery.created(), in: recovery.scope))
            },
            handler: .scoped { call in
                let source = try await service.create(
                    try call.request.object(), key: call.request.idempotencyKey, in: call.writeContext)
                return Self.created(source)
            })
    }

    private static func created(_ source: PaymentSource) -> OperationResponse {
        .created(source.jsonBytes(), version: source.version, location: "\(path)/\(source.id)")
    }

    /// The path that the original has, whose id has no place in it.
    private func readWithoutID() -> Operation {
        Operation(
            .get, Self.path, id: "BillingPaymentSourceController.getPaymentSourceWithoutId",
            summary: "Not supported: use /billing-payment-source/{paymentSourceId}",
            access: PaymentSourcePolicy.view, responses: [],
            failures: [.badRequest: "Always: the id must be in the path"],
            handler: .scoped { _ in
                throw HTTPFailure.badRequest(
                    "Required parameter paymentSourceId is missing! Use GET \(Self.path)/{paymentSourceId}.",
                    code: "MISSING_REQUIRED_PARAMETER")
            })
    }

    private func read() -> Operation {
        Operation(
            .get, "\(Self.path)/{paymentSourceId}", id: "BillingPaymentSourceController.getPaymentSource",
            summary: "Read a payment source",
            access: PaymentSourcePolicy.view,
            parameters: [Self.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The payment source, masked", schema: PaymentSourceSchemas.source, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let source = try await service.read(call.request.pathParameter("paymentSourceId"), in: call.scope)
                return try .entity(source.jsonBytes(), version: source.version, for: call.request)
            })
    }

    private func delete() -> Operation {
        Operation(
            .delete, "\(Self.path)/{paymentSourceId}", id: "BillingPaymentSourceController.deleteById",
            summary: "Remove a payment source",
            access: PaymentSourcePolicy.delete,
            parameters: [Self.id, .ifMatch],
            responses: [.init(.noContent, "Deleted")],
            failures: [.notFound: Self.missing, .preconditionFailed: CRUDOperations.preconditionFailure],
            handler: .scoped { call in
                try await service.delete(
                    call.request.pathParameter("paymentSourceId"), in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return .noContent
            })
    }
}
