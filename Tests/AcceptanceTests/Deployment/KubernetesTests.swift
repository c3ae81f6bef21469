import Configuration
import ConfigurationChecks
import Foundation
import Logging
import Orchestrator
import PostgresTestSupport
import ServicePlatform
import Subscription
import TenantManagement
import TestSupport
import Testing

/// The manifests of deploy/kubernetes. There is no cluster here: they are rendered by `kubectl`, checked against the schemas of
/// Kubernetes, and what they give to the services is given to services.
@Suite(.timeLimit(.minutes(20))) struct KubernetesTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let services = [
        "tenant-management": TenantManagementApp.configurationKeys, "subscription": SubscriptionApp.configurationKeys,
        "orchestrator": OrchestratorApp.configurationKeys,
    ]

    @Test(arguments: ["production", "development"])
    func `manifests are valid, restricted, and refer to what exists`(overlay: String) async throws {
        let report = try await KubernetesManifests(overlay: overlay).report()
        #expect(report.problems == [])
        let needed = [
            "Deployment", "Job", "PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy", "Service",
            "Namespace",
        ]
        #expect(Set(needed).subtracting(report.kinds) == [])
        #expect(report.kinds.contains("ServiceMonitor") == (overlay == "production"))
    }

    @Test func `the network policies allow the arrows of the drawing and nothing else`() async throws {
        let report = try await KubernetesManifests(overlay: "development").report()
        #expect(
            report.connections == [
                "tenant-management > postgres-tenant-management:5432", "tenant-management > redis:6379",
                "subscription > postgres-subscription:5432", "subscription > redis:6379",
                "orchestrator > postgres-tenant-management:5432", "orchestrator > redis:6379",
                "orchestrator > tenant-management:3005", "arc-migrate > postgres-tenant-management:5432",
                "arc-migrate > postgres-subscription:5432",
            ])
    }

    /// What would be wrong, and a word of the problem that must be found.
    private static let mistakes: [(text: String, other: String, problem: String)] = [
        ("runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"),
        ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"),
        ("- ALL", "- CHOWN", "capabilities"),
        ("maxUnavailable: 1\n", "maxUnavailabel: 1\n", "maxUnavailabel"),
        ("targetPort: http", "targetPort: web", "there is no port web"),
        ("/run/secrets/service/", "/run/secrets/nowhere/", "not in the volume of a secret"),
        ("key: redis-host", "key: redis-hosts", "REDIS_HOST leads nowhere"),
        ("serviceAccountName: migrations", "serviceAccountName: migration", "there is no account"),
        ("terminationGracePeriodSeconds: 40", "terminationGracePeriodSeconds: 30", "is killed before it has ended"),
        ("DRAIN_SECONDS: ", "DRAIN_SECOND: ", "does not drain"),
        ("port: management\n", "port: metrics\n", "watches nothing"),
    ]

    @Test(arguments: mistakes.indices) func `the check finds mistakes`(index: Int) async throws {
        let mistake = Self.mistakes[index]
        let manifests = try await KubernetesManifests(overlay: "production")
        let wrong = manifests.replacing(mistake.text, with: mistake.other)
        #expect(wrong.text != manifests.text)
        let problems = try await wrong.report().problems
        #expect(problems.contains { $0.contains(mistake.problem) }, "\(problems)")
    }

    @Test(arguments: ["production", "development"])
    func `the services know every variable of the manifests and accept them`(overlay: String) async throws {
        let report = try await KubernetesManifests(overlay: overlay).report()
        try await TestAuthority.with { authority in
            let folder = TestCommand.temporaryFile("secrets").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            for (name, keys) in Self.services {
                var variables = try #require(report.variables["\(name)/\(name)"])
                #expect(Set(variables.keys).subtracting(keys.variables).subtracting(["ARC_ENV"]) == [], "\(name)")
                for (variable, value) in variables {
                    if value.hasPrefix("/run/secrets/") {
                        let file = "\(folder)/\(value.split(separator: "/").suffix(2).joined(separator: "-"))-\(name)"
                        try Self.secret().write(toFile: file, atomically: false, encoding: .utf8)
                        variables[variable] = file
                    } else if value.hasPrefix("/etc/arc/authorities/") {
                        variables[variable] = authority.certificate
                    }
                }
                try await expectAccepted(name, keys, variables)
            }
        }
    }

    private static func secret() -> String { "\(UUID().uuidString)-\(UUID().uuidString)" }

    private func expectAccepted(
        _ name: String, _ keys: ConfigurationKeys, _ variables: [String: String]
    ) async throws {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        #expect(try SecretPolicy.problems(keys, reader: reader).map(\.description) == [], "\(name)")
        switch name {
        case "tenant-management": _ = try await TenantManagementApp.make(reader: reader, logger: Self.logger)
        case "subscription": _ = try await SubscriptionApp.make(reader: reader, logger: Self.logger)
        default: _ = try await OrchestratorApp.make(reader: reader, logger: Self.logger)
        }
    }

    @Test func `the manual lists every secret of the manifests`() async throws {
        let manual = try String(
            contentsOf: KubernetesManifests.folder.appendingPathComponent("README.md"), encoding: .utf8)
        for overlay in ["production", "development"] {
            for (secret, keys) in try await KubernetesManifests(overlay: overlay).report().secrets {
                for key in keys { #expect(manual.contains("| `\(secret)` | `\(key)` |"), "\(secret), \(key)") }
            }
        }
    }

    @Test func `the script of the databases makes those of arc migrate, whose roles have only their own rights`()
        async throws
    {
        try await PostgresCluster.with { cluster in
            let secrets = TestCommand.temporaryFile("database-secrets")
            try FileManager.default.createDirectory(at: secrets, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: secrets) }
            for role in [
                "tenant_mgmt_owner", "tenant_mgmt_app", "orchestrator_owner", "orchestrator_app", "provisioner",
            ] {
                try Data("it's \(role)\n".utf8).write(to: secrets.appendingPathComponent(role))
            }
            let script = KubernetesManifests.folder.appendingPathComponent("components/data/create-databases.sh").path
            let outcome = try await TestCommand.outcome(
                of: ["sh", script],
                environment: [
                    "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "PGHOST": cluster.folder,
                    "DATABASES": "tenant_mgmt orchestrator", "APPLICATION_DATABASE": "application_db",
                    "SECRETS": secrets.path,
                ])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let found = try await TestCommand.run([
                "psql", "-h", cluster.folder, "-U", "postgres", "-Atc",
                """
                SELECT string_agg(datname || '=' || pg_get_userbyid(datdba), ' ' ORDER BY datname) FROM pg_database
                WHERE datname LIKE '%\\_db'
                UNION ALL SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles
                WHERE rolcanlogin AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
                UNION ALL SELECT string_agg(r.rolname, ' ' ORDER BY r.rolname) FROM pg_roles r
                WHERE r.rolcanlogin AND NOT r.rolsuper AND has_database_privilege(r.oid, 'tenant_mgmt_db', 'CONNECT')
                """,
            ])
            #expect(
                found.split(separator: "\n") == [
                    "application_db=provisioner orchestrator_db=orchestrator_owner tenant_mgmt_db=tenant_mgmt_owner",
                    "postgres provisioner", "tenant_mgmt_app tenant_mgmt_owner",
                ])
        }
    }
}
