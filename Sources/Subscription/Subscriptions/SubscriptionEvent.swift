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

    /// The event of a type.
    /// - Throws: 422 at `/planId` when the plan's `metaData` and size are too large to travel.
    func envelope(_ type: String) throws(HTTPFailure) -> EventEnvelope {
        var row = subscription
        row["plan"] = plan.json
        let data = JSONObject([("subscription", .object(row)), ("tenantId", .identifier(tenant))])
        do {
            return try EventEnvelope(
                id: .v7(at: instant), type: type, tenantId: tenant, occurredAt: instant, traceparent: traceparent,
                data: JSONValue.object(data).serialized())
        } catch {
            throw .invalidField("/planId", code: "plan", "names a plan whose metaData is too large for an event")
        }
    }
}
