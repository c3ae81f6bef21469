/// Why a subscription cannot be made or changed.
enum SubscriptionError: Error, Sendable, Hashable {
    /// A tenant's user names another tenant, which does not exist for that user.
    case subscriberNotFound
    /// The tenant is deleted or suspended.
    case subscriberNotActive
    /// A tenant's user sets what only operators set: the member of the body.
    case reservedToOperators(member: String)
    /// The invoice backs another subscription already.
    case invoiceInUse
    /// The invoice bills another plan, or another amount than the plan's price.
    case invoiceMismatch(String)
    /// There is no such plan, or its cycle or currency is gone.
    case planNotFound
    /// The plan cannot be billed: the message goes on after "the plan" and says why.
    case planNotBillable(String)
    /// What the plan's `metaData` holds is too large, or nests too deep, for an event.
    case planUnfitForEvents
    /// The tenant has as many active or pending subscriptions as it may have.
    case quotaExceeded(SubscriptionQuota)
    /// A bulk change would take more places of quotas than one request may.
    case tooManyReservations(limit: Int)
}
