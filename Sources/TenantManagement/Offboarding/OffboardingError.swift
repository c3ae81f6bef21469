/// Why an off-boarding cannot be requested, canceled or shown.
enum OffboardingError: Error, Sendable, Hashable {
    /// There is no such tenant.
    case tenantNotFound
    /// The tenant has none.
    case notRequested
    /// One is scheduled with other terms, or the resources are being removed.
    case underWay(Offboarding.State)
    /// The resources of the tenant were removed already.
    case done
    /// It is no longer scheduled, so it cannot be canceled.
    case notScheduled(Offboarding.State)
    /// There is no certificate, because no removal has succeeded.
    case noCertificate
}
