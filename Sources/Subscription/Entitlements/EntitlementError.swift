import Primitives

/// Why entitlements cannot be shown, or nothing can be reserved.
enum EntitlementError: Error, Sendable, Hashable {
    /// There is no such tenant, or it is not the caller's.
    case tenantNotFound
    /// The catalog has no feature with that key.
    case featureNotFound
    /// No meter that adds up is limited by the feature, so that nothing of it can be reserved.
    case notReservable
    /// A quantity that cannot be reserved or used: why.
    case quantity(String)
    /// Less than that is left of the limit.
    case limitExceeded(MeteredAmount)
    /// There is no such reservation of the tenant.
    case reservationNotFound
    /// The reservation has ended: it was used, released, or has expired.
    case reservationEnded(Ending)

    /// How a reservation has ended.
    enum Ending: String, Sendable {
        case used = "RESERVATION_USED"
        case released = "RESERVATION_RELEASED"
        case expired = "RESERVATION_EXPIRED"
    }
}
