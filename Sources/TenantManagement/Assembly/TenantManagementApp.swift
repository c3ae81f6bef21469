package import Configuration
import Entities
package import Logging
package import MessageBus
package import Primitives
package import ServiceKit
import ServicePlatform

/// Tenant management (`arc serve tenant-management`, port 3005).
package enum TenantManagementApp {
    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: a configuration failure that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        let platform = try await ServicePlatform(profile, reader: reader, clock: clock, bus: bus, logger: logger)
        let core = try TenantManagementCore(platform, configuration: TenantManagementConfiguration(reader: reader))
        return try platform.app(
            catalog: core.catalog, encryptionKey: core.configuration.encryptionKey,
            tenantGate: TenantGate(lookup: TenantAdmission(pool: platform.pool).isAdmitted),
            features: [
                await LeadFeature(core),
                TenantFeature(core),
                ProvisioningFeature(core),
                try FirstUserFeature(core),
                try InvoiceFeature(core),
                TenantConfigFeature(core),
                CommonEntitiesFeature(core),
                NotificationFeature(core),
            ])
    }

    private static let profile = ServicePlatform.Profile(
        serviceName: "Tenant Management Service",
        summary:
            "Leads, tenants, contacts, provisioning and its callback: the control plane's customer records.",
        defaultPort: 3005, inboxRetention: .seconds(30 * 86_400))
}
