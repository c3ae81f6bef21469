/// Why a subscription cannot be made or changed.
enum SubscriptionError: Error, Sendable, Hashable {
    /// A tenant's user names another tenant, which does not exist for that user.
    case subscriberNotFound
    /// The tenant is deleted, suspended or unknown.
    case subscriberNotActive
    /// Tenant management has reported no such tenant.
    case subscriberUnknown
    /// A tenant's user sets what only operators set: the member of the body.
    case reservedToOperators(member: String)
    /// The invoice backs another subscription already, or bills another plan.
    case invoiceInUse
    /// The invoice bills another amount than the plan's price; the message is for `/invoiceId`.
    case invoiceMismatch(String)
    /// There is no such plan, or its cycle or currency is gone.
    case planNotFound
    /// The plan cannot be billed; the message says why, for `/planId`.
    case planNotBillable(String)
    /// The plan, as it counts on the day, cannot be paid in the currency.
    case noPriceIn(currency: String)
    /// The `metaData` of the plan is too large or too deep for an event.
    case planUnfitForEvents
    /// The tenant has as many active or pending subscriptions as it may have.
    case quotaExceeded(SubscriptionQuota)
    /// No request changes this status to that one; see ``SubscriptionStateChange``.
    case illegalStatus(from: TenantSubscription.Status, to: TenantSubscription.Status)
    /// The engine bills it, so that a member follows from what was agreed and from the actions: the member of the body.
    case billedByEngine(member: String)
    /// A bulk change would take more places of quotas than one request may.
    case tooManyReservations(limit: Int)
}
