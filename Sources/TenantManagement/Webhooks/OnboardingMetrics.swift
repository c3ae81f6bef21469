import CoreMetrics
import Primitives

/// Measures how long it took until a tenant could be used for the first time.
struct OnboardingMetrics: Sendable {
    private let fromLead: Timer
    private let fromTenant: Timer

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        func timer(_ start: String) -> Timer {
            Timer(label: "arc_onboarding_duration_seconds", dimensions: [("from", start)], factory: factory)
        }
        fromLead = timer("lead")
        fromTenant = timer("tenant")
    }

    /// Records a tenant that has become active for the first time.
    func activated(_ tenant: ProvisioningRepository.ProvisionedTenant, at now: Timestamp) {
        guard tenant.isFirst else { return }
        let start = tenant.leadCreatedOn ?? tenant.createdOn
        (tenant.leadCreatedOn == nil ? fromTenant : fromLead).recordNanoseconds(
            max(0, now.microseconds - start.microseconds) * 1000)
    }
}
