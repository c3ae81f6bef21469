import LocalStack
import Testing

@Suite struct StackEnvironmentTests {
    private let state = StackState(postgresPort: 5555, redisPort: 6666, dataFolder: "/data")

    private func environment(_ inherited: [String: String] = [:]) -> StackEnvironment {
        StackEnvironment(inherited: inherited, state: state, outboxFolder: "/outbox", explorerAssets: "/assets")
    }

    @Test func `tenant management gets its own database, role and Redis`() throws {
        let variables = try environment().variables(for: .tenantManagement)
        #expect(variables["HOST"] == "127.0.0.1")
        #expect(variables["PORT"] == "3005")
        #expect(variables["DB_HOST"] == "127.0.0.1")
        #expect(variables["DB_PORT"] == "5555")
        #expect(variables["DB_USER"] == "tenant_mgmt_app")
        #expect(variables["DB_PASSWORD"] == state.password(of: "tenant_mgmt_app"))
        #expect(variables["DB_DATABASE"] == "tenant_mgmt_db")
        #expect(variables["DB_SCHEMA"] == "main")
        #expect(variables["REDIS_PORT"] == "6666")
        #expect(variables["REDIS_PASSWORD"] == state.redisPassword)
        #expect(variables["REDIS_DATABASE"] == "0")
        #expect(variables["MESSAGE_BUS_DB_USER"] == "message_bus_app")
        #expect(variables["JWT_SECRET"] == state.jwtSecret)
        #expect(variables["JWT_ISSUER"] == "arc")
        #expect(variables["NOTIFICATION_OUTBOX_PATH"] == "/outbox")
        #expect(variables["EXPLORER_ASSETS_PATH"] == "/assets")
        #expect(variables["TENANT_MANAGEMENT_URL"] == "http://127.0.0.1:3005")
    }

    @Test func `subscription uses database 1 of Redis and port 3002, the orchestrator 0 and 3003`() throws {
        let subscription = try environment().variables(for: .subscription)
        #expect(subscription["REDIS_DATABASE"] == "1")
        #expect(subscription["PORT"] == "3002")
        #expect(subscription["DB_DATABASE"] == "subscription_db")
        let orchestrator = try environment().variables(for: .orchestrator)
        #expect(orchestrator["REDIS_DATABASE"] == "0")
        #expect(orchestrator["PORT"] == "3003")
    }

    @Test func `only the orchestrator knows the provisioner, nobody knows an owner or the superuser`() throws {
        for service in StackService.all {
            let variables = try environment().variables(for: service)
            #expect((variables["PROVISIONER_DB_PASSWORD"] != nil) == (service == .orchestrator))
            let secrets = DatabasePlan.databases.map(\.owner).filter { $0 != "provisioner" } + ["postgres"]
            for role in secrets { #expect(!variables.values.contains(state.password(of: role))) }
            for other in StackService.all where other != service {
                let password = state.password(of: try #require(other.database.runtime))
                #expect(!variables.values.contains(password))
            }
        }
    }

    @Test func `what the user sets wins`() throws {
        let inherited = [
            "JWT_SECRET": "mine", "LOG_LEVEL": "debug", "LEAD_KEY_IN_RESPONSE": "true", "DB_MAX_CONNECTIONS": "7",
            "SUBSCRIPTION_PORT": "4002", "TENANT_MANAGEMENT_PORT": "4005", "HOST": "0.0.0.0", "JWT_ISSUER": "",
        ]
        let variables = try environment(inherited).variables(for: .subscription)
        #expect(variables["JWT_SECRET"] == "mine")
        #expect(variables["LOG_LEVEL"] == "debug")
        #expect(variables["LEAD_KEY_IN_RESPONSE"] == "true")
        #expect(variables["DB_MAX_CONNECTIONS"] == "7")
        #expect(variables["PORT"] == "4002")
        #expect(variables["HOST"] == "0.0.0.0")
        #expect(variables["TENANT_MANAGEMENT_URL"] == "http://127.0.0.1:4005")
        #expect(variables["JWT_ISSUER"] == "arc", "an empty variable counts as not set")
    }

    @Test func `a secret in a file is not hidden by ours`() throws {
        let variables = try environment(["JWT_SECRET_FILE": "/run/secret"]).variables(for: .subscription)
        #expect(variables["JWT_SECRET"] == nil)
        #expect(variables["JWT_SECRET_FILE"] == "/run/secret")
    }

    @Test func `addresses of the private servers are ours, and values that are ignored are reported`() throws {
        let environment = environment([
            "DB_HOST": "elsewhere", "DB_PASSWORD_FILE": "/x", "REDIS_URL": "redis://elsewhere", "PORT": "1",
            "DB_STATEMENT_TIMEOUT_MILLIS": "9",
        ])
        let variables = try environment.variables(for: .tenantManagement)
        #expect(variables["DB_HOST"] == "127.0.0.1")
        #expect(variables["DB_PASSWORD_FILE"] == nil)
        #expect(variables["REDIS_URL"] == nil)
        #expect(variables["PORT"] == "3005")
        #expect(variables["DB_STATEMENT_TIMEOUT_MILLIS"] == "9")
        #expect(environment.ignoredNames == ["DB_HOST", "DB_PASSWORD_FILE", "PORT", "REDIS_URL"])
    }

    @Test func `migrations run as the owner`() {
        let variables = environment().migrationVariables(for: DatabasePlan.messageBus)
        #expect(variables["DB_MIGRATION_USER"] == "message_bus_owner")
        #expect(variables["DB_MIGRATION_PASSWORD"] == state.password(of: "message_bus_owner"))
        #expect(variables["DB_USER"] == "message_bus_app")
        #expect(variables["DB_DATABASE"] == "message_bus_db")
    }

    @Test(arguments: [
        ("0.0.0.0", "http://127.0.0.1:3005"), ("::", "http://[::1]:3005"), ("::1", "http://[::1]:3005"),
        ("localhost", "http://localhost:3005"),
    ])
    func `a service that listens on all addresses is called at the loopback address`(host: String, url: String) throws {
        let environment = environment(["HOST": host])
        #expect(try environment.url(of: .tenantManagement) == url)
        #expect(try environment.variables(for: .orchestrator)["TENANT_MANAGEMENT_URL"] == url)
    }

    @Test func `commands that work on a database have the keys of the services, for the same environment`() throws {
        for inherited in [[:], ["ARC_ENV": "production", "JWT_SECRET": "mine"]] {
            let environment = environment(inherited)
            let service = try environment.variables(for: .tenantManagement)
            let command = environment.keyVariables(for: DatabasePlan.tenantManagement)
            for name in ["ARC_ENV", "JWT_SECRET", "DATA_ENCRYPTION_KEY"] {
                #expect(command[name] == service[name], "\(name)")
            }
            #expect(command["ARC_ENV"] == inherited["ARC_ENV"] ?? "development")
            #expect(command["DB_MIGRATION_USER"] == DatabasePlan.tenantManagement.owner)
        }
    }

    @Test(arguments: ["0", "65536", "http", "-1"]) func `an invalid port is an error`(text: String) {
        #expect(throws: LocalStackError.invalidPort(variable: "ORCHESTRATOR_PORT", value: text)) {
            try environment(["ORCHESTRATOR_PORT": text]).port(of: .orchestrator)
        }
    }
}
