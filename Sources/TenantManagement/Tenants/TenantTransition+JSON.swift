import Entities
import JSONCoding

extension TenantTransition {
    /// The table as `GET /tenants/transitions` shows it.
    static let schema = Schema.object(
        [
            .init("states", .array(of: stateSchema), required: true),
            .init("transitions", .array(of: transitionSchema), required: true),
        ], name: "TenantTransitions")

    private static let stateSchema = Schema.object(
        [
            .init("status", statusSchema, required: true), .init("name", .string().example("ACTIVE"), required: true),
            .init("isBlocked", .boolean.described("Whether the tenant's users are rejected"), required: true),
            .init("isDeletable", .boolean, required: true),
        ], name: "TenantState")

    private static let transitionSchema = Schema.object(
        [
            .init("from", statusSchema, required: true), .init("to", statusSchema, required: true),
            .init(
                "causes", .array(of: .string(oneOf: Cause.allCases.map(\.rawValue))).described("What may cause it"),
                required: true),
        ], name: "TenantTransition")

    private static var statusSchema: Schema { .integer(oneOf: Tenant.Status.allCases.map(\.rawValue)) }

    static func writeTable(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("states")
        writer.beginArray()
        for status in Tenant.Status.allCases {
            writer.beginObject()
            writer.key("status")
            writer.integer(status.rawValue)
            writer.key("name")
            writer.string(status.name)
            writer.key("isBlocked")
            writer.bool(status.isBlocked)
            writer.key("isDeletable")
            writer.bool(deletable.contains(status))
            writer.endObject()
        }
        writer.endArray()
        writer.key("transitions")
        writer.beginArray()
        for transition in all {
            writer.beginObject()
            writer.key("from")
            writer.integer(transition.from.rawValue)
            writer.key("to")
            writer.integer(transition.to.rawValue)
            writer.key("causes")
            writer.beginArray()
            for cause in transition.causes { writer.string(cause.rawValue) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
