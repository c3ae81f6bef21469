import ServiceKit
import ServicePlatform

/// What tenants have of features, and parts of their limits.
struct EntitlementFeature: ServiceFeature {
    let operations: [Operation]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let meters = MeterRepository(
            entities: core.repository(Meter.entity), features: core.repository(Feature.entity))
        let service = EntitlementService(
            entitlements: EntitlementRepository(pool: platform.pool), meters: meters,
            amounts: MeteredAmountRepository(pool: platform.pool))
        let reservations = ReservationService(
            entitlements: service, reservations: ReservationRepository(pool: platform.pool), meters: meters)
        operations =
            EntitlementController(service: service, limits: platform.queryLimits).operations
            + ReservationController(service: reservations).operations
    }
}
