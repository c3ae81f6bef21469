import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of entitlements.
struct EntitlementController: Sendable {
    let service: EntitlementService
    let limits: QueryLimits

    static let path = "/entitlements/{tenantId}"
    static let tenant = OperationParameter(
        "tenantId", in: .path, schema: .string(format: .uuid), description: "Id of the tenant, a UUID")
    static let featureSchema = Schema.string(
        minLength: 1, maxLength: Feature.maximumKeyLength, pattern: .visibleText
    ).described("Key of the feature").example("api-calls")

    var operations: [Operation] { [read()] }

    private func read() -> Operation {
        Operation(
            .get, Self.path, id: "EntitlementController.read",
            summary: "What a tenant has of each feature and why, and what is left of metered ones",
            access: EntitlementPolicy.view,
            parameters: [
                Self.tenant, .ifNoneMatch,
                OperationParameter(
                    "feature", in: .query, schema: .string(minLength: 1, maxLength: Feature.maximumKeyLength),
                    description: "Key of a feature; without it, all features"),
            ],
            responses: [
                .init(.ok, "The features, by key", schema: Self.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such tenant"],
            handler: .scoped { call in
                let tenant = try call.request.identifier("tenantId")
                let feature = QueryString.first("feature", in: call.request.query)
                let entries = try await service.entries(
                    of: tenant, features: feature.map { [$0] },
                    limit: limits.maximumLimit == 0 ? nil : limits.maximumLimit, at: call.request.instant,
                    in: call.scope)
                if let feature, entries.isEmpty {
                    throw HTTPFailure.invalidParameter(
                        "feature", value: .string(feature), reason: "must be the key of a feature")
                }
                return try .revalidated(Self.json(entries, of: tenant), for: call.request)
            })
    }

    private static func json(_ entries: [EntitlementService.Entry], of tenant: Identifier) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("tenantId", tenant)
        writer.key("features")
        writer.beginArray()
        for entry in entries {
            let (entitlement, reason) = (entry.entitlement, entry.entitlement.reason)
            writer.beginObject()
            writer.member("feature", entitlement.feature)
            writer.member("name", entitlement.name)
            writer.member("isOn", entitlement.isOn)
            if let value = entitlement.value { writer.member("value", value) }
            writer.key("reason")
            writer.beginObject()
            writer.member("source", reason.source.rawValue)
            writer.member("text", reason.text)
            if let value = reason.value { writer.member("valueId", value) }
            if let subscription = reason.subscription { writer.member("subscriptionId", subscription) }
            if let plan = reason.plan { writer.member("planId", plan) }
            if let addOn = reason.addOn { writer.member("addOnId", addOn) }
            writer.endObject()
            if let amount = entry.amount {
                writer.key("usage")
                amount.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static let reasonSchema = Schema.object(
        [
            .init(
                "source",
                .string(oneOf: Entitlement.Source.allCases.map(\.rawValue)).described(
                    "The first of these that has a value decides"), required: true),
            .init("text", .string().described("A sentence for people"), required: true),
            .init("valueId", .string(format: .uuid).described("The feature value")),
            .init("subscriptionId", .string(format: .uuid)), .init("planId", .string(format: .uuid)),
            .init("addOnId", Schema.string(format: .uuid).described("The add-on; the first one of several")),
        ], name: "EntitlementReason")

    private static let schema = Schema.object(
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init(
                "features",
                .array(
                    of: .object(
                        [
                            .init("feature", .string().described("Key of the feature"), required: true),
                            .init("name", .string(), required: true), .init("isOn", .boolean, required: true),
                            .init("value", .string()), .init("reason", reasonSchema, required: true),
                            .init("usage", MeteredAmount.schema.described("Of a feature that limits a meter")),
                        ], name: "Entitlement")), required: true),
        ], name: "Entitlements")
}
