import ConfigurationChecks
import PostgresClient
import ServiceKit
import ServicePlatform

/// Makes what the tiers of tenants need: watches over the connections of the provisioners.
struct ProvisionerFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        ProvisionerConfiguration.configurationKeys, PostgresConfiguration.configurationKeys.within("PROVISIONER"),
    ])

    private let provisioners: Provisioners

    init(_ core: OrchestratorCore) { provisioners = core.provisioners }

    /// The application database, if a tier uses it.
    var healthChecks: [HealthCheck] {
        guard let pool = provisioners.application.pool else { return [] }
        return [
            HealthCheck("applicationDatabase", isRequired: false) {
                (try? await pool.query(ProvisioningRunStatements.check)) != nil
            }
        ]
    }

    func shutdown() async { await provisioners.shutdown() }
}
