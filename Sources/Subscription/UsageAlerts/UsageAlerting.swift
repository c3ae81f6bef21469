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

    /// For how long the former period is looked at, too: what was used at its end may be looked at after it.
    private static let afterglow = Duration.seconds(3600)

    func handle(_ check: UsageCheck) async throws -> Settlement<Void> {
        let context = WriteContext(scope: system, now: clock.now())
        guard let meter = try await meters.meter(check.meter, in: system), let feature = meter.featureKey else {
            return .done(())
        }
        let start = UTCCalendar.period(meter.limitPeriod, of: context.now).from
        if context.now.duration(since: start) < Self.afterglow {
            try await look(at: meter, feature, of: check.tenant, on: start.adding(.microseconds(-1)), in: context)
        }
        try await look(at: meter, feature, of: check.tenant, on: context.now, in: context)
        return .done(())
    }

    /// Publishes what is reached in the period of an instant, and was not published.
    private func look(
        at meter: MeterRepository.Known, _ feature: String, of tenant: Identifier, on instant: Timestamp,
        in context: WriteContext
    ) async throws {
        let entries: [EntitlementService.Entry]
        do {
            entries = try await entitlements.entries(of: tenant, features: [feature], at: instant, in: system)
        } catch is EntitlementError {
            // The tenant or the feature is gone.
            return
        }
        guard let amount = entries.first?.amount else { return }
        let reached = UsageThresholds.reached(meter.alertThresholds, used: amount.used, limit: amount.limit)
        guard !reached.isEmpty else { return }
        try await alerts.record(reached, of: meter.id, in: amount.from, tenant: tenant, in: context) { threshold in
            try UsageAlertEvent.envelope(threshold, amount, feature: feature, of: tenant, at: context.now)
        }
    }
}
