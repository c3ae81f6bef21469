import Entities
import HTTPTypes
import ServiceKit

/// The HTTP operations of erasures.
struct ErasureController: Sendable {
    let service: ErasureService

    private static let response = OperationResponseDescription(
        .ok, "What was erased, removed and kept", schema: ErasureCertificate.schema)

    var operations: [Operation] { [erase(), find()] }

    private func erase() -> Operation {
        Operation(
            .post, "/tenants/{id}/erase", id: "TenantErasureController.erase",
            summary: "Erase the personal data of an off-boarded tenant for good; what invoices need is kept",
            access: ErasurePolicy.erase, parameters: [.id], responses: [Self.response],
            failures: [
                .notFound: "There is no such tenant",
                .conflict: "The resources of the tenant were not removed (TENANT_NOT_OFFBOARDED)",
            ],
            idempotency: .recover { recovery in
                .json(try await service.certificate(of: try recovery.created()))
            },
            handler: .scoped { call in
                .json(try await service.erase(try call.request.identifier(), in: call.writeContext))
            })
    }

    private func find() -> Operation {
        Operation(
            .get, "/tenants/{id}/erasure", id: "TenantErasureController.find",
            summary: "What was erased of a tenant, with a checksum",
            access: ErasurePolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "What was erased, removed and kept", schema: ErasureCertificate.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such tenant, or nothing of it was erased"],
            handler: .scoped { call in
                try .revalidated(
                    try await service.certificate(of: try call.request.identifier()), for: call.request)
            })
    }
}
