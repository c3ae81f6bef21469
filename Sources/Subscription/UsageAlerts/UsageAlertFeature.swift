import Entities
import ServiceKit
import ServiceLifecycle
import ServicePlatform
import WorkQueue

/// Events at thresholds of limits.
struct UsageAlertFeature: ServiceFeature {
    static let events = [UsageAlertEvent.reached]

    let background: [any Service]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let meters = MeterRepository(
            entities: core.repository(Meter.entity), features: core.repository(Feature.entity))
        let alerting = UsageAlerting(
            entitlements: EntitlementService(
                entitlements: EntitlementRepository(pool: platform.pool), meters: meters,
                amounts: MeteredAmountRepository(pool: platform.pool)), meters: meters,
            alerts: UsageAlertRepository(pool: platform.pool), system: platform.systemUser.scope,
            clock: platform.clock)
        background = [
            LeasedWorker(
                store: UsageCheckStore(pool: platform.pool),
                configuration: WorkerConfiguration(
                    backOff: BackOff(initial: .seconds(2), maximum: .seconds(900)), maximumAttempts: .max,
                    unavailability: BackOff(initial: .milliseconds(500), maximum: .seconds(10)),
                    pollInterval: .seconds(1)),
                logger: platform.logger, handler: alerting.handle)
        ]
    }
}
