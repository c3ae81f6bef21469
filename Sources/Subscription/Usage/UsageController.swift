import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of usage.
struct UsageController: Sendable {
    let service: UsageService

    var operations: [Operation] { [report(), read()] }

    private static let batchSchema = Schema.object(
        [
            .init(
                "events",
                .array(of: UsageEvent.schema, minItems: 1, maxItems: UsageEvent.maximumBatch).described(
                    "Of one tenant or of several; all are stored or none"), required: true)
        ], name: "UsageEventBatch")

    private static let outcomeSchema = Schema.object(
        [
            .init("stored", .integer(minimum: 0).described("Events that are new"), required: true),
            .init("repeated", .integer(minimum: 0).described("Events that were stored before"), required: true),
        ], name: "UsageEventOutcome")

    private func report() -> Operation {
        Operation(
            .post, "/usage-events", id: "UsageController.report",
            summary: "Report what tenants have used; an event that is sent again counts once",
            access: UsagePolicy.report, requestBody: Self.batchSchema,
            responses: [
                .init(.ok, "The events are stored for good", schema: Self.outcomeSchema)
            ],
            failures: [.conflict: "The id of an event stands for another event of the tenant (EVENT_ID_REUSED)"],
            handler: .scoped { call in
                let events = (try call.request.object()["events"]?.arrayValue ?? []).compactMap { UsageEvent($0) }
                let outcome = try await service.record(events, in: call.writeContext)
                return .json { writer in
                    writer.beginObject()
                    writer.member("stored", outcome.stored)
                    writer.member("repeated", outcome.repeated)
                    writer.endObject()
                }
            })
    }

    private static let parameters = [
        OperationParameter(
            "tenantId", in: .query, schema: .string(format: .uuid),
            description: "Whose usage; needed by operators, and the own tenant for its users"),
        OperationParameter(
            "meter", in: .query, schema: .string(minLength: 1, maxLength: Meter.maximumKeyLength),
            description: "Key of a meter; without it, all meters"),
        OperationParameter(
            "from", in: .query, schema: .string(format: .dateTime).example("2026-01-01T00:00:00Z"), isRequired: true,
            description: "Beginning, on a quarter of an hour"),
        OperationParameter(
            "to", in: .query, schema: .string(format: .dateTime).example("2026-02-01T00:00:00Z"), isRequired: true,
            description: "End, not part of the period, on a quarter of an hour"),
        OperationParameter(
            "every", in: .query, schema: .string(oneOf: UsageQuery.Step.allCases.map(\.rawValue)),
            description: "Also shows the parts of the period, of one meter, by day or month in UTC"),
    ]

    private func read() -> Operation {
        Operation(
            .get, "/usage", id: "UsageController.read", summary: "What a tenant has used in a period, by meter",
            access: UsagePolicy.view, parameters: Self.parameters,
            responses: [.init(.ok, "The usage", schema: UsageReport.schema)],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let report = try await service.report(try Self.query(call), in: call.scope)
                var writer = JSONWriter()
                report.write(to: &writer)
                return .json(writer.bytes)
            })
    }

    private static func query(_ call: ScopedRequest) throws -> UsageQuery {
        func parameter(_ name: String) -> String? { QueryString.first(name, in: call.request.query) }
        func instant(_ name: String) throws(UsageError) -> Timestamp {
            guard let text = parameter(name), let instant = Timestamp(iso8601: text) else {
                throw .parameter(name, value: parameter(name), reason: "must be an instant")
            }
            return instant
        }
        let named = parameter("tenantId").flatMap { Identifier($0) }
        guard let tenant = named ?? call.scope.tenantID else {
            throw UsageError.parameter("tenantId", value: nil, reason: "")
        }
        return try UsageQuery(
            tenant: tenant, meter: parameter("meter"), from: try instant("from"), to: try instant("to"),
            every: parameter("every").flatMap(UsageQuery.Step.init))
    }
}
