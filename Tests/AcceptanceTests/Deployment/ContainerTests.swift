import ConfigurationChecks
import Foundation
import JSONCoding
import Orchestrator
import ServiceKit
import ServicePlatform
import Subscription
import TenantManagement
import TestSupport
import Testing

/// What each container of the compose file may do, and what it is told.
@Suite(.timeLimit(.minutes(20))) struct ContainerTests {
    @Test func `every container is confined`() async throws {
        for (name, service) in try await ComposeFile.read().services {
            // Its image writes its configuration beside its code.
            #expect((service["read_only"] == true) == (name != "redis-commander"), "\(name)")
            #expect(ComposeFile.texts(service["cap_drop"]) == ["ALL"], "\(name)")
            #expect(
                ComposeFile.texts(service["cap_add"]) == (name == "pgadmin" ? ["NET_BIND_SERVICE"] : []), "\(name)")
            #expect(ComposeFile.texts(service["security_opt"]) == ["no-new-privileges:true"], "\(name)")
            #expect(service["privileged"] == nil && service["network_mode"] == nil && service["pid"] == nil, "\(name)")
            #expect(ComposeFile.texts(service["networks"]) == ["arc-saas-network"], "\(name)")
            let user = try #require(service["user"]?.stringValue, "\(name)")
            #expect(!user.hasPrefix("0") && user != "root", "\(name)")
            #expect(service["deploy"]?["resources"]?["limits"]?["memory"] != nil, "\(name)")
            #expect(["unless-stopped", "on-failure"].contains(service["restart"]?.stringValue), "\(name)")
            for port in ComposeFile.texts(service["ports"]) {
                #expect(port.hasPrefix("${ARC_BIND_ADDRESS:-127.0.0.1}:"), "\(name)")
            }
            for volume in ComposeFile.texts(service["volumes"]) where volume.hasPrefix(".") {
                #expect(volume.hasSuffix(":ro"), "\(name): \(volume)")
                let path = try #require(volume.split(separator: ":").first)
                #expect(
                    FileManager.default.fileExists(
                        atPath: ComposeFile.deploy.appendingPathComponent(String(path)).path),
                    "\(volume)")
            }
        }
    }

    @Test func `images are pinned and can be replaced`() async throws {
        let example = try ComposeFile.text("deploy/.env.example")
        for (name, service) in try await ComposeFile.read().services {
            let image = try #require(service["image"]?.stringValue, "\(name)")
            let match = try #require(
                image.wholeMatch(of: /\$\{([A-Z_]+_IMAGE):-([^:}]+):([^}]+)\}/), "\(name): \(image)")
            #expect(match.3 != "latest", "\(name)")
            #expect(example.contains("\n\(match.1)=\(match.2):\(match.3)\n"), "\(image)")
        }
    }

    @Test func `every variable of the compose file is in the example, with the same default`() throws {
        let compose = try ComposeFile.text("deploy/docker-compose.yml")
        let example = try ComposeFile.text("deploy/.env.example")
        let variables = Set(compose.matches(of: /\$\{([A-Z_]+):-([^}]*)\}/).map { "\($0.1)=\($0.2)" })
        let documented = Set(example.matches(of: /(?m)^[A-Z_]+=.*$/).map { String($0.0) })
        #expect(variables == documented)
    }

    @Test func `production leaves the management tools out`() async throws {
        let services = try await ComposeFile.read().services
        let production = services.filter { $0.service["profiles"] == nil }.map(\.name)
        #expect(
            production == [
                "migrate-orchestrator", "migrate-subscription", "migrate-tenant-management", "orchestrator",
                "postgres-subscription", "postgres-tenant-management", "redis", "subscription-service",
                "tenant-management-service",
            ])
        for (name, service) in services where service["profiles"] == nil {
            for dependency in (service["depends_on"]?.objectValue ?? [:]).keys {
                #expect(production.contains(dependency), "\(name) → \(dependency)")
            }
        }
    }

    @Test func `services are told settings that they read, and secrets only as files`() async throws {
        let keys = [
            "tenant-management-service": TenantManagementApp.configurationKeys,
            "subscription-service": SubscriptionApp.configurationKeys,
            "orchestrator": OrchestratorApp.configurationKeys,
        ]
        let compose = try await ComposeFile.read()
        for (name, service) in compose.services {
            let environment = service["environment"]?.objectValue ?? [:]
            let secrets = ComposeFile.texts(service["secrets"])
            for (variable, value) in environment {
                if variable.hasSuffix("_FILE"), let path = value.stringValue, path.hasPrefix("/run/secrets/") {
                    #expect(secrets.contains(String(path.dropFirst(13))), "\(name): \(variable)")
                } else {
                    #expect(variable.firstMatch(of: /PASSWORD|SECRET|TOKEN|_KEY/) == nil, "\(name): \(variable)")
                }
                guard let keys = keys[name], variable != "ARC_ENV" else { continue }
                let isFile = variable.hasSuffix("_FILE")
                let setting = isFile ? String(variable.dropLast(5)) : variable
                #expect(
                    isFile ? keys.secrets.contains(setting) : keys.names.contains(setting), "\(name): \(variable)")
            }
            for secret in secrets { #expect(compose.document["secrets"]?[secret] != nil, "\(name): \(secret)") }
        }
    }

    @Test func `nobody is trusted without a password`() async throws {
        for (name, service) in try await ComposeFile.read().services where name.hasPrefix("postgres-") {
            #expect(service["environment"]?["POSTGRES_HOST_AUTH_METHOD"] == "scram-sha-256", "\(name)")
            #expect(
                service["environment"]?["POSTGRES_INITDB_ARGS"]
                    == "--auth-host=scram-sha-256 --auth-local=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C.UTF-8",
                "\(name)")
        }
        #expect(try ComposeFile.text("deploy/redis/start.sh").contains("requirepass"))
        #expect(try ComposeFile.text("deploy/redis/redis.conf").contains("\nappendonly yes\n"))
        #expect(try ComposeFile.text("deploy/redis/redis.conf").contains("\nmaxmemory-policy noeviction\n"))
    }

    @Test func `the secrets are made once, for the containers only`() async throws {
        let folder = TestCommand.temporaryFile("secrets")
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = ComposeFile.deploy.appendingPathComponent("make-secrets.sh").path
        let manager = FileManager.default
        func contents() throws -> [String: String] {
            var contents: [String: String] = [:]
            for name in try manager.contentsOfDirectory(atPath: folder.path) {
                contents[name] = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            }
            return contents
        }
        try await TestCommand.run([script, folder.path])
        let made = try contents()
        let declared = try await ComposeFile.read().document["secrets"]?.objectValue ?? [:]
        #expect(Set(made.keys) == Set(declared.keys))
        for (name, secret) in declared {
            #expect(secret["file"]?.stringValue == "${ARC_SECRETS:-./secrets}/\(name)")
            #expect(made[name].map { $0.count >= 64 } == true, "\(name)")
        }
        #expect(Set(made.values).count == made.count)
        let mode = try manager.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
        #expect(mode == 0o700)

        // What is there stays; the file of pgAdmin follows the passwords that it has.
        let password = folder.appendingPathComponent("subscription_owner_password")
        try manager.removeItem(at: password)
        try Data("a:b\\c".utf8).write(to: password)
        try manager.removeItem(at: folder.appendingPathComponent("redis_password"))
        try await TestCommand.run([script, folder.path])
        let again = try contents()
        #expect(again["redis_password"] != made["redis_password"] && again["redis_password"]?.count == 64)
        #expect(
            again["pgadmin_pgpass"]?.hasSuffix(#"postgres-subscription:5432:*:subscription_owner:a\:b\\c"#) == true)
        for name in made.keys where !["redis_password", "pgadmin_pgpass", "subscription_owner_password"].contains(name)
        {
            #expect(again[name] == made[name], "\(name)")
        }
    }

    @Test func `compose and promtool accept the files`() async throws {
        let outcome = try await TestCommand.outcome(
            of: ["promtool", "check", "config", "--syntax-only", "prometheus.compose.yml"],
            in: ComposeFile.deploy.appendingPathComponent("prometheus"))
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        // Debian's tool, or the plugin of Docker; a machine without them has the other tests.
        let tools = [["docker-compose", "--compatibility"], ["docker", "compose"]]
        for tool in tools {
            guard (try? await TestCommand.outcome(of: tool + ["version"]))?.status == 0 else { continue }
            for files in [["docker-compose.yml"], ["docker-compose.yml", "docker-compose.dev.yml"]] {
                let arguments =
                    files.flatMap { ["-f", $0] }
                    + ["--profile", "tools", "--profile", "observability", "config", "--quiet"]
                let outcome = try await TestCommand.outcome(of: tool + arguments, in: ComposeFile.deploy)
                #expect(outcome.status == 0, "\(tool) \(files): \(outcome.errors)")
            }
        }
    }
}
