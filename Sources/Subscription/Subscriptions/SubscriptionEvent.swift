import JSONCoding
import MessageBus
import Primitives

/// An event of the subscription service. `data` is `{"subscription": {…row…, "plan": {…}}, "tenantId": …}`.
struct SubscriptionEvent: Sendable {
    /// The subscription's members, as the API shows them.
    let subscription: JSONObject
    let tenant: Identifier
    let plan: PlanSummary
    let instant: Timestamp
    let trace: TraceContext?

    /// How deep an event may nest. The event that provisions the tenant contains it, and its readers accept 64 levels.
    private static let maximumDepth = 60

    /// Why a subscription has changed.
    enum Cause: String, Sendable, CaseIterable {
        case activate, change, cancel, uncancel, pause, resume, renew
        /// An add-on.
        case attach, detach
        /// A price of its own.
        case override
        case endOverride = "end-override"
        /// The price of its plan was changed for those who have subscribed.
        case reprice
        /// A day has come on which something was due.
        case calendar
    }

    /// The event of a type.
    /// - Parameter cause: Why it has changed; nil for an event that does not say.
    /// - Throws: ``SubscriptionError/planUnfitForEvents``.
    func envelope(_ type: String, cause: Cause? = nil) throws(SubscriptionError) -> EventEnvelope {
        var row = subscription
        row["plan"] = plan.json
        var data = JSONObject([("subscription", .object(row)), ("tenantId", .identifier(tenant))])
        if let cause { data["cause"] = .string(cause.rawValue) }
        guard JSONValue.object(data).depth <= Self.maximumDepth else { throw .planUnfitForEvents }
        do {
            return try EventEnvelope(
                id: .v7(at: instant), type: type, tenantID: tenant, occurredAt: instant, trace: trace,
                data: JSONValue.object(data).serialized())
        } catch {
            throw .planUnfitForEvents
        }
    }
}
