package import Configuration
import Entities
package import Logging
package import MessageBus
package import Primitives
package import ServiceKit
import ServicePlatform

/// The subscription service (`arc serve subscription`, port 3002).
package enum SubscriptionApp {
    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: a configuration failure that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        let platform = try await ServicePlatform(profile, reader: reader, clock: clock, bus: bus, logger: logger)
        let core = try SubscriptionCore(platform, configuration: SubscriptionConfiguration(reader: reader))
        return try platform.app(
            catalog: core.catalog, encryptionKey: core.configuration.encryptionKey,
            tenantGate: TenantGate(lookup: BlockedTenants(pool: platform.pool).isAdmitted),
            features: [
                CatalogFeature(core),
                SubscriptionFeature(core),
                try BillingFeature(core),
                CommonEntitiesFeature(core),
                TenantAccessFeature(core),
            ])
    }

    static let profile = ServicePlatform.Profile(
        serviceName: "Subscription Service",
        summary: "Plans, prices, billing cycles, and the subscriptions and invoices of tenants.",
        defaultPort: 3002, redisDatabase: 1,
        // Billing providers deliver their events again for days.
        inboxRetention: .seconds(90 * 86_400))
}
