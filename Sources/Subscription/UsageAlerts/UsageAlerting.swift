import Entities
import Primitives
import WorkQueue

/// Looks at limits after something was used, and publishes which thresholds were reached.
struct UsageAlerting: Sendable {
    let entitlements: EntitlementService
    let meters: MeterRepository
    let alerts: UsageAlertRepository
    /// The service itself: usage has no user.
    let system: TenantScope
    let clock: any WallClock

    func handle(_ check: UsageCheck) async throws -> Settlement<Void> {
        let context = WriteContext(scope: system, now: clock.now())
        guard let meter = try await meters.meter(check.meter, in: system), let feature = meter.featureKey else {
            return .done(())
        }
        let entries: [EntitlementService.Entry]
        do {
            entries = try await entitlements.entries(of: check.tenant, features: [feature], at: context.now, in: system)
        } catch is EntitlementError {
            // The tenant or the feature is gone.
            return .done(())
        }
        guard let amount = entries.first?.amount else { return .done(()) }
        let reached = UsageThresholds.reached(meter.alertThresholds, used: amount.used, limit: amount.limit)
        guard !reached.isEmpty else { return .done(()) }
        try await alerts.record(
            reached, of: meter.id, in: amount.from, tenant: check.tenant, in: context
        ) { threshold in
            try UsageAlertEvent.envelope(threshold, amount, feature: feature, of: check.tenant, at: context.now)
        }
        return .done(())
    }
}
