import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit
import ServicePlatform

/// The HTTP operations of off-boarding.
struct OffboardingController: Sendable {
    let service: OffboardingService
    let printer: DocumentPrinter

    private static let path = "/tenants/{id}/deprovision"
    var operations: [Operation] {
        [schedule(), cancel(), find(), certificate(), downloadCertificate()]
    }

    private func schedule() -> Operation {
        Operation(
            .post, Self.path, id: "TenantOffboardingController.create",
            summary: "Remove the resources of a tenant after a grace period, in which this can be canceled",
            access: OffboardingPolicy.schedule, parameters: [.id], requestBody: Self.requestSchema,
            responses: [.init(.accepted, "The off-boarding", schema: Offboarding.schema)],
            failures: [
                .notFound: "There is no such tenant",
                .conflict:
                    "One with other terms is scheduled, the resources are being removed, or they were removed (OFFBOARDING_EXISTS, TENANT_OFFBOARDED)",
            ],
            idempotency: .recover { recovery in
                Self.response(try await service.latest(of: try recovery.created()), .accepted)
            },
            handler: .scoped { call in
                let body = try call.request.object()
                return Self.response(
                    try await service.schedule(
                        try call.request.identifier(), reason: body["reason"]?.stringValue ?? "",
                        graceDays: body["graceDays"]?.intValue, exportsFirst: body["export"]?.boolValue ?? false,
                        in: call.writeContext), .accepted)
            })
    }

    private func cancel() -> Operation {
        Operation(
            .post, "\(Self.path)/cancel", id: "TenantOffboardingController.cancel",
            summary: "Cancel the off-boarding of a tenant during its grace period",
            access: OffboardingPolicy.cancel, parameters: [.id], requestBody: Self.cancelSchema,
            responses: [.init(.ok, "The canceled off-boarding", schema: Offboarding.schema)],
            failures: [
                .notFound: "There is no such tenant, or it has no off-boarding",
                .conflict: "The grace period is over (OFFBOARDING_STATE)",
            ],
            idempotency: .recover { recovery in
                Self.response(try await service.latest(of: try recovery.created()))
            },
            handler: .scoped { call in
                let note = try call.request.object()["note"]?.stringValue
                return Self.response(
                    try await service.cancel(try call.request.identifier(), note: note, in: call.writeContext))
            })
    }

    private func find() -> Operation {
        Operation(
            .get, Self.path, id: "TenantOffboardingController.find",
            summary: "The newest off-boarding of a tenant",
            access: OffboardingPolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The off-boarding", schema: Offboarding.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such tenant, or it has no off-boarding"],
            handler: .scoped { call in
                let offboarding = try await service.latest(of: try call.request.identifier())
                var writer = JSONWriter(reservingCapacity: 512)
                offboarding.write(to: &writer)
                return try .revalidated(writer.bytes, for: call.request)
            })
    }

    private func certificate() -> Operation {
        Operation(
            .get, "\(Self.path)/certificate", id: "TenantOffboardingController.certificate",
            summary: "What was removed when a tenant was off-boarded, with a checksum",
            access: OffboardingPolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The certificate", schema: OffboardingCertificate.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such tenant, or its resources were not removed"],
            handler: .scoped { call in
                try .revalidated(
                    try await service.certificate(of: try call.request.identifier()), for: call.request)
            })
    }

    private func downloadCertificate() -> Operation {
        Operation(
            .get, "\(Self.path)/certificate/download", id: "TenantOffboardingController.downloadCertificate",
            summary: "Download what was removed when a tenant was off-boarded as PDF, with the checksum of the record",
            access: OffboardingPolicy.view, parameters: [.id],
            responses: [
                .init(
                    .ok, "The certificate as a PDF file", mediaType: "application/pdf", headers: [.contentDisposition])
            ],
            failures: [.notFound: "There is no such tenant, or its resources were not removed"],
            handler: .scoped { call in
                let tenant = try call.request.identifier()
                let document = OffboardingCertificate.document(
                    of: try await service.certificate(of: tenant), fontFamily: printer.fontFamily)
                return OperationResponse(
                    status: .ok,
                    headers: [
                        .contentDisposition: "attachment; filename=\"certificate-\(tenant).pdf\"",
                        .cacheControl: "private, no-cache",
                    ],
                    body: try await printer.draw(document, kind: "certificate", id: tenant),
                    mediaType: "application/pdf")
            })
    }

    private static func response(
        _ offboarding: Offboarding, _ status: HTTPResponse.Status = .ok
    ) -> OperationResponse {
        .json(status: status) { offboarding.write(to: &$0) }
    }

    private static let requestSchema = Schema.object(
        [
            .init(
                "reason",
                .string(minLength: 1, maxLength: Offboarding.maximumReasonLength, pattern: .visibleText).example(
                    "The contract has ended"), required: true),
            .init(
                "graceDays",
                .integer(minimum: 0, maximum: Offboarding.maximumGraceDays).described(
                    "Days until the resources are removed (default: OFFBOARDING_GRACE_DAYS); 0: at once"
                ).example(30)),
            .init(
                "export",
                .boolean.described("Whether an archive is made first; nothing is removed before it is there")),
        ], name: "TenantOffboardingRequest")

    private static let cancelSchema = Schema.object(
        [
            .init(
                "note", .string(maxLength: Offboarding.maximumReasonLength, pattern: .visibleText).example("Renewed"))
        ], name: "TenantOffboardingCancellation")
}
