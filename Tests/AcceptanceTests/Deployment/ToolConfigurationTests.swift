import Foundation
import JSONCoding
import TestSupport
import Testing

/// What pgAdmin and Redis Commander are told about the servers.
@Suite(.timeLimit(.minutes(20))) struct ToolConfigurationTests {
    @Test func `pgAdmin knows both databases, by the roles that own them`() async throws {
        let compose = try await ComposeFile.read()
        let document = try JSONValue.parse(Array(try ComposeFile.text("deploy/pgadmin/servers.json").utf8))
        let servers = try #require(document["Servers"]?.objectValue).map(\.value)
        #expect(servers.count == 2)
        let names = Set(compose.services.map(\.name))
        var databases: Set<String> = []
        for server in servers {
            let host = try #require(server["Host"]?.stringValue)
            let user = try #require(server["Username"]?.stringValue)
            let database = try #require(server["MaintenanceDB"]?.stringValue)
            #expect(names.contains(host) && server["Port"] == 5432)
            let script = try ComposeFile.text("deploy/postgres/\(host.dropFirst("postgres-".count)).sh")
            #expect(script.contains("\ndatabase \(database) \(user) "), "\(host)")
            let secrets = try ComposeFile.text("deploy/make-secrets.sh")
            #expect(secrets.contains("\(host):5432:*:\(user):$(escaped \(user)_password)"), "\(host)")
            #expect(server["PassFile"] == "/.pgpass" && server["Password"] == nil)
            databases.insert(database)
        }
        #expect(databases == ["tenant_mgmt_db", "subscription_db"])
        let pgadmin = try #require(compose.services.first { $0.name == "pgadmin" }?.service)
        #expect(pgadmin["environment"]?["PGADMIN_SERVER_JSON_FILE"] == "/etc/pgadmin/servers.json")
        #expect(pgadmin["environment"]?["PGPASS_FILE"] == "/run/secrets/pgadmin_pgpass")
        #expect(
            ComposeFile.texts(pgadmin["volumes"]).contains("./pgadmin/servers.json:/etc/pgadmin/servers.json:ro"))
        #expect(ComposeFile.texts(pgadmin["secrets"]) == ["pgadmin_password", "pgadmin_pgpass"])
    }

    @Test func `Redis Commander shows the Redis of the services, to people with a password, and changes nothing`()
        async throws
    {
        let compose = try await ComposeFile.read()
        let tool = try #require(compose.services.first { $0.name == "redis-commander" }?.service)
        let environment = try #require(tool["environment"]?.objectValue)
        #expect(environment["REDIS_HOST"] == "redis" && environment["REDIS_PORT"] == "6379")
        #expect(environment["REDIS_PASSWORD_FILE"] == "/run/secrets/redis_password")
        #expect(environment["HTTP_PASSWORD_FILE"] == "/run/secrets/redis_commander_password")
        #expect(environment["HTTP_USER"] == "${REDIS_COMMANDER_USER:-operator}")
        #expect(environment["READ_ONLY"] == "true")
        #expect(environment["REDIS_HOSTS"] == nil, "it would have the password in it")
        #expect(ComposeFile.texts(tool["secrets"]) == ["redis_password", "redis_commander_password"])
    }

    @Test func `Grafana shows our dashboard with the data of Prometheus`() async throws {
        let compose = try await ComposeFile.read()
        let tool = try #require(compose.services.first { $0.name == "grafana" }?.service)
        let volumes = ComposeFile.texts(tool["volumes"])
        #expect(volumes.contains("./grafana/provisioning:/etc/grafana/provisioning:ro"))
        #expect(volumes.contains("./grafana/arc-services.json:/etc/grafana/dashboards/arc-services.json:ro"))
        let sources = try await ComposeFile.read("grafana/provisioning/datasources/arc.yml").document["datasources"]
        let source = try #require(sources?.arrayValue?.first)
        #expect(
            source["type"] == "prometheus" && source["url"] == "http://prometheus:9090" && source["isDefault"] == true)
        let providers = try await ComposeFile.read("grafana/provisioning/dashboards/arc.yml").document["providers"]
        #expect(providers?.arrayValue?.first?["options"]?["path"] == "/etc/grafana/dashboards")
    }
}
