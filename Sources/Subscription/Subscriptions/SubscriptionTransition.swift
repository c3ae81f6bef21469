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
    /// It takes a place that it did not have: of another tenant's, among those of another plan, or any at all.
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
        let changeable = TenantSubscription.entity.fields.filter { $0.access == .readWrite }.map(\.name)
        for name in changeable { if let value = body[name] { result[name] = value } }
        self.result = result
        let subscriber = try row.identifier("subscriberId")
        self.subscriber = result["subscriberId"]?.stringValue.flatMap { Identifier($0) } ?? subscriber
        isMoved = self.subscriber != subscriber
        let plan = try row.identifier("planId")
        self.plan = result["planId"]?.stringValue.flatMap { Identifier($0) } ?? plan
        let invoice = body["invoiceId"]?.stringValue.flatMap { Identifier($0) }
        newInvoice = invoice == (try row.identifierIfPresent("invoiceId")) ? nil : invoice
        let before = TenantSubscription.Status(rawValue: try row.integer("status"))
        let after = result["status"]?.intValue.flatMap { TenantSubscription.Status(rawValue: $0) }
        let day = today.description
        let wasLive = before?.isLive(until: try row.textIfPresent("endDate"), on: day) == true
        let isLive = after?.isLive(until: result["endDate"]?.stringValue, on: day) == true
        needsPlace = isLive && (!wasLive || self.plan != plan || self.subscriber != subscriber)
        activates = after == .active && before != .active
    }
}
