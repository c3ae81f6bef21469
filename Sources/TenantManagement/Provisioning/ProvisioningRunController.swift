import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import Primitives
import ServiceKit

/// The HTTP operations of runs: how far they are, and how operators intervene.
struct ProvisioningRunController: Sendable {
    let service: ProvisioningRunService
    let catalog: EntityCatalog
    let limits: QueryLimits

    var operations: [Operation] {
        [list()] + ProvisioningCommand.Kind.allCases.map(command)
    }

    /// `GET /tenants/{id}/provisioning`: a page at a time, the newest first.
    private func list() -> Operation {
        let entity = ProvisioningRun.entity
        return Operation(
            .get, "/tenants/{id}/provisioning", id: "TenantProvisioningController.find",
            summary:
                "The requests to provision, deprovision or move a tenant, each with its steps and how long it will take",
            access: ProvisioningPolicy.view,
            parameters: [.id, .filter(entity, limits), .cursor, .preferCount, .ifNoneMatch],
            responses: [
                .init(
                    .ok, "Array of ProvisioningRun, the newest first", schema: .array(of: Self.runSchema),
                    headers: [.link, .totalCount, .preferenceApplied, .eTag]),
                .init(.notModified, "Nothing has changed (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let tenant = try call.request.identifier()
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: nil,
                    order: [Order(ProvisioningRun.requestedOn, descending: true)])
                var filter = list.filter
                filter.condition = .all([.equals(ProvisioningRun.tenantID, tenant), filter.condition])
                // Runs are shown whole.
                filter.fields = .all
                let listing = try await service.list(
                    of: tenant, filter, after: list.cursor, countsTotal: call.request.preferences.wantsTotalCount,
                    in: call.scope)
                return try Self.response(listing, for: call)
            })
    }

    private static func response(
        _ listing: ProvisioningRunService.Listing, for call: ScopedRequest
    ) throws -> OperationResponse {
        let showsCauses = ProvisioningPolicy.showsCauses(to: call.scope)
        let version = try listing.page.records.map { try $0.version }.max() ?? 0
        let shown = try listing.json(showsCauses: showsCauses, showsEstimates: false).serialized()
        var response = try OperationResponse.entity(
            ByteBuffer(bytes: try listing.json(showsCauses: showsCauses).serialized()),
            tag: EntityTag(version: version, content: shown), for: call.request)
        response.linkToPage(after: listing.page.next?.text, of: call.request)
        if let total = listing.page.total {
            response.headers[.totalCount] = String(total)
            response.headers[.preferenceApplied] = "count=exact"
        }
        return response
    }

    private func command(_ kind: ProvisioningCommand.Kind) -> Operation {
        let summary =
            switch kind {
            case .resume: "Try the current step of a tenant's run again now, and count attempts anew"
            case .skip: "Pass over the current step of a tenant's run, or leave what it has made"
            case .abort: "Give up a tenant's run and undo it, or leave what cannot be undone"
            }
        return Operation(
            .post, "/tenants/{id}/provisioning/\(kind.rawValue)", id: "TenantProvisioningController.\(kind.rawValue)",
            summary: summary, access: ProvisioningPolicy.command,
            parameters: [.id], requestBody: Self.commandBody,
            responses: [
                .init(
                    .accepted, "Sent to the orchestrator; the run shows what became of it", schema: Self.commandSchema)
            ],
            failures: [
                .notFound: "There is no such tenant",
                .conflict:
                    "Not possible now; details say what is (COMMAND_NOT_POSSIBLE, COMMAND_PENDING, NO_PROVISIONING, TOO_MANY_COMMANDS)",
            ],
            idempotency: .recover { recovery in
                guard let sent = try await service.command(try recovery.created(), in: recovery.scope) else {
                    throw HTTPFailure.entityNotFound
                }
                return .json(status: .accepted) { $0.value(sent.json) }
            },
            handler: .scoped { call in
                let body = try call.request.object()
                let sent = try await service.send(
                    kind, to: try call.request.identifier(), because: body["reason"]?.stringValue ?? "",
                    in: call.writeContext)
                return .json(status: .accepted) { $0.value(sent.json) }
            })
    }

    // MARK: Parts of requests and responses

    private static let commandBody = Schema.object(
        [
            .init(
                "reason",
                .string(
                    minLength: 1, maxLength: ProvisioningCommand.maximumReasonLength, pattern: .visibleText
                ).described("Shown in the timeline of the run").example("The disk is larger now"), required: true)
        ], name: "ProvisioningCommandRequest")

    private static let commandSchema = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("runId", .string(format: .uuid), required: true),
            .init("command", .string(oneOf: ProvisioningCommand.Kind.allCases.map(\.rawValue)), required: true),
            .init("reason", .string(), required: true),
            .init("requestedBy", .string().nullable().described("The user; null for a token without one")),
            .init("requestedOn", .string(format: .dateTime), required: true),
            .init("outcome", .string(oneOf: ProvisioningCommand.Outcome.allCases.map(\.rawValue)), required: true),
            .init("detail", .string().nullable().described("Why it was refused, or null")),
            .init("decidedOn", .string(format: .dateTime).nullable().described("null while it is PENDING")),
        ], name: "ProvisioningCommand")

    private static let stepSchema = Schema.object(
        [
            .init("name", .string().example("create-schema"), required: true),
            .init(
                "state",
                .string().described(
                    "PENDING, STARTED, WAITING, SUCCEEDED, FAILED, SKIPPED, COMPENSATING, COMPENSATION_WAITING, COMPENSATED, KEPT"
                ).example("SUCCEEDED"), required: true),
            .init("attempts", .integer(minimum: 0), required: true),
            .init("compensationAttempts", .integer(minimum: 0), required: true),
            .init("lastError", .string().nullable().described("For operators; null without one")),
            .init("startedOn", .string(format: .dateTime).nullable()),
            .init("endedOn", .string(format: .dateTime).nullable()),
            .init("compensatedOn", .string(format: .dateTime).nullable()),
        ], name: "ProvisioningStep")

    private static let estimateSchema = Schema.object(
        [
            .init("remainingSeconds", .integer(minimum: 0), required: true),
            .init(
                "basedOnRuns",
                .integer(minimum: 1).described("How many earlier runs of the same tier it is the median of"),
                required: true),
        ], name: "ProvisioningEstimate")

    private static let runSchema = Schema.object(
        ProvisioningRun.entity.schema.properties + [
            .init("steps", .array(of: stepSchema), required: true),
            .init(
                "estimate",
                estimateSchema.nullable().described("null for a run that is over, and without earlier runs")),
            .init("reason", .string().nullable().described("For operators: why it was given up")),
            .init(
                "possibleCommands",
                .array(of: .string(oneOf: ProvisioningCommand.Kind.allCases.map(\.rawValue))).described(
                    "For operators")),
            .init("commands", .array(of: commandSchema).described("For operators: what they have decided")),
        ], name: "ProvisioningRun")
}
