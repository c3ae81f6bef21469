import ConfigurationChecks
import ServiceKit
import Synchronization

/// Reads the tiers again while the orchestrator runs. Runs that have begun a step finish it as they began it.
final class TierReload: Sendable {
    private let registry: ProvisionerRegistry
    private let tiers: TierTable
    /// Whether data servers are open: workers that need them are made at the start only.
    private let hasServers: Bool
    private let definitions: Mutex<[TierDefinition]>

    init(_ definitions: [TierDefinition], registry: ProvisionerRegistry, tiers: TierTable, hasServers: Bool) {
        self.definitions = Mutex(definitions)
        self.registry = registry
        self.tiers = tiers
        self.hasServers = hasServers
    }

    var setting: ReloadableSetting {
        ReloadableSetting("tiers") { [self] reader in
            let configuration = try ProvisionerConfiguration(reader: reader)
            let new = configuration.tiers
            guard definitions.withLock({ $0 }) != new else { return nil }
            let table = try table(configuration)
            return { [self] in
                tiers.replace(by: table)
                definitions.withLock { $0 = new }
            }
        }
    }

    private func table(_ configuration: ProvisionerConfiguration) throws(ConfigurationFailure) -> TierTable {
        do throws(ConfigurationFailure) {
            if !hasServers, let tier = configuration.tiers.first(where: Self.needsServers) {
                throw ConfigurationFailure(
                    key: "TIERS_FILE",
                    reason:
                        "\(tier.place) needs a data server, which no tier has needed so far: restart the orchestrator")
            }
            return try registry.table(configuration.tiers)
        } catch {
            throw error.inTiersFile(configuration.tiersFile)
        }
    }

    private static func needsServers(_ definition: TierDefinition) -> Bool {
        [PostgresSchemaProvisioner.name, PostgresDatabaseProvisioner.name].contains(definition.provisioner)
    }
}
