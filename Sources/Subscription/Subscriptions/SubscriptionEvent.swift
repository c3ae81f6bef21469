import JSONCoding
import MessageBus
import Primitives
import ServiceKit

/// What the subscription service tells others. `data` is `{"subscription": {…row…, "plan": {…}}, "tenantId": …}`.
struct SubscriptionEvent: Sendable {
    /// The subscription's members, as the API shows them.
    let subscription: JSONObject
    let tenant: Identifier
    let plan: PlanSummary
    let instant: Timestamp
    let traceparent: String?

    /// How deep an event may nest: what becomes of it when a tenant is provisioned has to be read by others (64).
    private static let maximumDepth = 60

    /// The event of a type.
    /// - Throws: 422 at `/planId` when the plan's `metaData` and size are too large, or nest too deep, to travel.
    func envelope(_ type: String) throws(HTTPFailure) -> EventEnvelope {
        var row = subscription
        row["plan"] = plan.json
        let data = JSONObject([("subscription", .object(row)), ("tenantId", .identifier(tenant))])
        let unfit = HTTPFailure.invalidField(
            "/planId", code: "plan", "names a plan whose metaData is too large or too deep for an event")
        guard JSONValue.object(data).depth <= Self.maximumDepth else { throw unfit }
        do {
            return try EventEnvelope(
                id: .v7(at: instant), type: type, tenantId: tenant, occurredAt: instant, traceparent: traceparent,
                data: JSONValue.object(data).serialized())
        } catch {
            throw unfit
        }
    }
}
