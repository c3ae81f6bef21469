import Entities
import JSONCoding
import Primitives

/// What a client wants to subscribe to: the body of `POST /subscriptions`.
struct NewSubscription: Sendable, Hashable {
    let subscriber: Identifier
    let plan: Identifier
    /// An invoice that exists already, by our id or the provider's; nil: one is to be drafted.
    let invoice: String?
    let status: TenantSubscription.Status
    /// What is agreed on with the engine; nil: the first period is billed, and the subscription ends after it.
    let billing: JSONObject?

    /// How its invoices are collected; nil: as the installation says.
    let collectionMethod: CollectionMethod?

    /// The members that are agreed on with the engine.
    static let billingMembers = [
        "quantity", "start", "anchor", "timeZone", "trial", "coupon", "collection", "term", "taxes", "currency",
    ]

    /// What it is paid in; nil: the currency of the plan.
    var currency: String? { billing?["currency"]?.stringValue }

    /// Reads a body that has passed ``TenantSubscription/newSchema``.
    /// - Throws: ``ValidationFailure`` that names the member that is missing.
    init(_ body: JSONObject) throws(ValidationFailure) {
        guard let subscriber = body.value(of: TenantSubscription.subscriberID) else {
            throw .required(TenantSubscription.subscriberID)
        }
        guard let plan = body.value(of: TenantSubscription.planID) else {
            throw .required(TenantSubscription.planID)
        }
        guard let status = body.value(of: TenantSubscription.status) else {
            throw .required(TenantSubscription.status)
        }
        self.subscriber = subscriber
        self.plan = plan
        self.status = status
        invoice = body[TenantSubscription.invoiceID]?.stringValue
        let agreed = Self.billingMembers.compactMap { name in body[name].flatMap { $0.isNull ? nil : (name, $0) } }
        billing = agreed.isEmpty ? nil : JSONObject(agreed)
        collectionMethod = body["collectionMethod"]?.stringValue.flatMap { CollectionMethod(rawValue: $0) }
        guard collectionMethod == nil || billing != nil else {
            throw .invalidField(
                "/collectionMethod", code: "billing",
                "needs a subscription that the engine bills: name a quantity, for example")
        }
        guard billing == nil || invoice == nil else {
            throw .invalidField(
                TenantSubscription.invoiceID.path, code: "invoice",
                "cannot back a subscription that the engine bills: its invoices are made by the engine")
        }
    }
}
