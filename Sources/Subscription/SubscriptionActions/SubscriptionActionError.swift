import Billing
import Primitives

/// Why an action on a subscription is refused.
enum SubscriptionActionError: Error, Sendable, Hashable {
    case notFound
    /// The status does not allow it.
    case illegal(SubscriptionAction, TenantSubscription.Status)
    /// The status allows it, and something else does not; the message says what.
    case impossible(SubscriptionAction, String)
    /// A member of the body does not fit: its pointer and why.
    case invalid(pointer: String, reason: String)
    /// A change to this plan is not allowed from the current one.
    case planPair
    /// An add-on does not go with the rest of the subscription: why.
    case incompatible(String)
    /// What would come of it now is not what the preview has shown.
    case previewOutdated
    /// A scheduled change that has been made, or was canceled.
    case notScheduled(SubscriptionChange.State)
    /// An invoice that was issued would be another one.
    case altersInvoices
}
