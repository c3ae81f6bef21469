import Billing
import Entities
import JSONCoding
import Primitives

/// What a change does to a row.
struct SubscriptionTransition: Sendable {
    let id: Identifier
    /// The row as it will be.
    let result: JSONObject
    let subscriber: Identifier
    let plan: Identifier
    /// It takes a place that it does not have yet: it becomes live, or moves to another tenant or plan.
    let needsPlace: Bool
    /// It becomes another tenant's.
    let isMoved: Bool
    /// The invoice that it has from now on and had not before.
    let newInvoice: Identifier?
    /// It becomes ACTIVE and was not.
    let activates: Bool

    var needsPlan: Bool { needsPlace || activates || newInvoice != nil }

    init(_ row: Record, _ body: JSONObject, on today: CalendarDate) throws {
        id = try row.id
        var result = try row.members()
        // The body cannot change what the server sets.
        let changeable = TenantSubscription.entity.fields.filter { $0.access == .readWrite }
        for field in changeable { if let value = body[field] { result[field] = value } }
        self.result = result
        let subscriber = try row[TenantSubscription.subscriberID]
        self.subscriber = result.value(of: TenantSubscription.subscriberID) ?? subscriber
        isMoved = self.subscriber != subscriber
        let plan = try row[TenantSubscription.planID]
        self.plan = result.value(of: TenantSubscription.planID) ?? plan
        let invoice = body.value(of: TenantSubscription.invoiceID)
        newInvoice = invoice == (try row[ifPresent: TenantSubscription.invoiceID]) ? nil : invoice
        let before = try? row[TenantSubscription.status]
        let after = result.value(of: TenantSubscription.status)
        let day = today.description
        // What renews is not over on its end date.
        let renews = try row[ifPresent: TenantSubscription.renews] ?? false
        let formerEnd = renews ? nil : try row[ifPresent: TenantSubscription.endDate]
        let end = renews ? nil : result.value(of: TenantSubscription.endDate)
        let wasLive = before?.isLive(until: formerEnd, on: day) == true
        let isLive = after?.isLive(until: end, on: day) == true
        needsPlace = isLive && (!wasLive || self.plan != plan || isMoved)
        activates = after == .active && before != .active
    }
}
