import Entities
import HTTPTypes
import ServiceKit

/// The HTTP operation by which the orchestrator, or a pipeline, sends the application data of a tenant.
struct ExportDataController: Sendable {
    let service: ExportDataService
    /// The service itself: senders are nobody's users.
    let system: TenantScope

    /// Messages from one address: parts of large data follow each other quickly.
    private static let limit = RateLimit(limit: 6000)

    var operations: [Operation] { [receive()] }

    private func receive() -> Operation {
        Operation(
            .post, "/tenant-exports/{id}/data", id: "TenantExportController.receiveData",
            summary: "Receive a signed part of a tenant's application data; repeated messages have no effect",
            security: .signature,
            parameters: [
                .id,
                .init(
                    WebhookSignature.signatureHeader, in: .header, schema: .string(),
                    description: "HMAC-SHA256 over body, id of the export and timestamp, hexadecimal"),
                .init(
                    WebhookSignature.timestampHeader, in: .header, schema: .any,
                    description: "Milliseconds since 1970"),
            ],
            requestBody: ExportDataMessage.schema,
            responses: [.init(.noContent, "Accepted; a repeated request has no further effect")],
            failures: [
                .conflict: "The data is not awaited, or not any more (EXPORT_DATA_NOT_AWAITED)"
            ],
            rateLimit: Self.limit,
            handler: .anonymous { call in
                guard let export = try? call.identifier() else { throw HTTPFailure.unauthorized }
                try await service.verify(SignedMessage(call), of: export)
                try await service.receive(
                    try ExportDataMessage(call.object()), of: export, in: call.writeContext(in: system))
                return .noContent
            })
    }
}
