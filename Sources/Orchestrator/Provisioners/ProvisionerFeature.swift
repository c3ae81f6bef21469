import ConfigurationChecks
import KeyRotation
import PostgresClient
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Makes what the tiers of tenants need: watches over the data servers and the connections of the provisioners.
struct ProvisionerFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        ProvisionerConfiguration.configurationKeys,
        PostgresConfiguration.configurationKeys.within(
            "PROVISIONER",
            "Role with CREATEDB and CREATEROLE that owns the shared application database. Without values of their own, `PROVISIONER_DB_STATEMENT_TIMEOUT_MILLIS` is 60000 and `PROVISIONER_DB_LOCK_TIMEOUT_MILLIS` 30000"
        ),
    ])

    static let sealedColumns = [TenantCredentialStore.sealedColumn]

    let background: [any Service]
    let healthChecks: [HealthCheck]
    private let provisioners: Provisioners

    init(_ core: OrchestratorCore) {
        provisioners = core.provisioners
        guard let tenancy = provisioners.tenancy else {
            (background, healthChecks) = ([], [])
            return
        }
        let servers = tenancy.placement.servers
        let watch = DataServerWatch(
            placement: tenancy.placement, interval: provisioners.configuration.reloadInterval, logger: core.logger)
        background = [watch]
        healthChecks = [
            // No server is required: without it, the work of its tenants waits.
            HealthCheck(
                "applicationDatabase", isRequired: false,
                advice: "Check that the servers of tenants' data run, and PROVISIONER_DB_ or DATA_SERVERS_FILE."
            ) { () -> HealthState in
                let away = await Self.away(servers)
                if away.isEmpty { return .up }
                let isPartial = away.count < servers.list.count
                return isPartial ? .impaired("away: \(away.sorted().joined(separator: ", "))") : .down
            },
            HealthCheck(
                "dataServers", isRequired: false,
                advice: "Correct DATA_SERVERS_FILE; the orchestrator reads it again by itself."
            ) { () -> HealthState in
                if let problem = watch.problem { return .impaired(problem) }
                let problems = servers.problems.sorted { $0.key < $1.key }.map(\.value)
                return problems.isEmpty ? .up : .impaired(problems.joined(separator: "; "))
            },
        ]
    }

    /// The names of the servers that do not answer.
    private static func away(_ servers: DataServers) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for server in servers.list {
                guard let pool = try? servers.open(server.name).pool else { continue }
                group.addTask {
                    (try? await pool.query(ProvisioningRunStatements.check)) == nil ? server.name : nil
                }
            }
            return await group.reduce(into: []) { names, name in
                if let name { names.append(name) }
            }
        }
    }

    func shutdown() async { await provisioners.shutdown() }
}
