import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import RedisTestSupport
import StackTestSupport

/// Services in their own processes, with their own secrets, that do the main job and refuse what is wrong.
final class LeakRun {
    let services: ServiceProcesses
    private let redis: RedisServerProcess
    private let redisPassword: String
    private let settings: [String: String]
    private let receiver: String
    private var errors: [String] = []
    private(set) var secrets: [SecretForms]

    static func run(
        connector: String, receiver: String, _ body: (LeakRun) async throws -> Void
    ) async throws {
        let run = try await LeakRun(connector: connector, receiver: receiver)
        try await run.services.run(run.settings) { try await body(run) }
    }

    private init(connector: String, receiver: String) async throws {
        // Characters that are escaped in URLs, JSON and base64.
        func secret(_ name: String) -> String { "k%+/=\(SecureRandom.hex(bytes: 12))?&\(name.count)" }
        let names = [
            "DATA_ENCRYPTION_KEY", "DB_PASSWORD", "MESSAGE_BUS_DB_PASSWORD", "PROVISIONER_DB_PASSWORD",
            "EVENT_BRIDGE_API_KEY", "EVENT_SIGNING_SECRET", "WEBHOOK_PASSWORD", "API_KEY_SECRET",
        ]
        var settings = Dictionary(uniqueKeysWithValues: names.map { ($0, secret($0)) })
        // In configuration files of Redis some of these characters have a meaning.
        redisPassword = "redis-\(SecureRandom.hex(bytes: 16))"
        redis = try await RedisServerProcess(["--requirepass", redisPassword])
        settings["REDIS_PASSWORD"] = redisPassword
        secrets = settings.map { SecretForms($0.key, $0.value) } + [SecretForms("JWT_SECRET", TestTokens.secret)]
        self.receiver = receiver
        self.settings = settings.merging([
            // Production refuses test clocks.
            "ARC_ENV": "production", "TEST_CLOCKS": "false", "EVENT_CONNECTOR": connector, "LOG_LEVEL": "debug",
            "ACCESS_LOG": "true",
            "WEBHOOK_USERNAME": "billing", "ENABLE_TRACING": "true",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "\(receiver)/traces",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            "WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
        ]) { $1 }
        var servers = try TestServers.current()
        (servers.redisHost, servers.redisPort) = ("127.0.0.1", "\(redis.port)")
        services = try await ServiceProcesses(on: servers)
    }

    /// From a lead to an active tenant with an event that leaves, an API key and a subscription.
    func work() async throws {
        let (management, subscription) = (try services.client(.tenantManagement), try services.client(.subscription))
        let admin = try await TestTokens(clock: SystemClock()).operatorToken()
        add("operator's token", admin)
        let endpoint = try await management.post(
            "/webhook-endpoints", ["url": .string("\(receiver)/hook")], token: admin
        )
        .expect(201).string("id")
        let signing = try await management.get("/webhook-endpoints/\(endpoint)/secret", token: admin).expect(200)
        add("webhook secret", String(try signing.string("secret").dropFirst("whsec_".count)))

        let key = TestStack.uniqueKey()
        let lead = try await management.post("/leads", .object(TestStack.leadBody(key))).expect(201).string("id")
        let code = try await services.data.mails.key(ofLead: lead)
        add("key of a lead", code)
        let verified = try await management.post("/leads/\(lead)/verify", token: code).expect(200).string("token")
        add("token of a lead", verified)

        let created = try await management.send(
            "POST", "/tenants", .object(TestStack.tenantBody(key: key)), token: admin,
            headers: ["idempotency-key": Identifier.v4().description]
        ).expect(201)
        let tenant = try created.string("id")
        try await eventually("the tenant is active") {
            try await management.get("/tenants/\(tenant)", token: admin).json["status"] == 0
        }
        _ = try await subscription.get("/plans", token: admin).expect(200)
        let robot: JSONValue = ["name": "robot", "audience": "operator", "permissions": ["10207", "7008"]]
        let apiKey = try await management.post("/api-keys", robot, token: admin).expect(201).string("key")
        add("API key", apiKey)
        try await storeSetting(of: tenant, management, admin)
        _ = try await management.get("/tenants/\(tenant)", token: apiKey).expect(200)
    }

    /// A setting with a secret, which is written, read, refused and looked for.
    private func storeSetting(of tenant: String, _ management: TestHTTPClient, _ admin: String) async throws {
        let secret = "setting%+/=\(SecureRandom.hex(bytes: 12))"
        add("secret of a setting", secret)
        let value: JSONValue = ["realm": "a", "client": ["clientSecret": .string(secret)]]
        let setting = try await management.send(
            "POST", "/tenant-configs", ["configKey": "idp", "configValue": value, "tenantId": .string(tenant)],
            token: admin, headers: ["idempotency-key": Identifier.v4().description]
        ).expect(201).string("id")
        try await management.patch("/tenant-configs/\(setting)", ["configValue": value], token: admin).expect(204)
        let shown = try await management.get("/tenant-configs/\(setting)", token: admin).expect(200)
        guard shown.json["configValue"] == value else { throw TestFailure("the setting is not what was written") }
        let condition = (["configValue": value] as JSONValue).parameter("where")
        for answer in [
            try await management.post("/tenant-configs", ["configValue": value, "wrong": value], token: admin),
            try await management.get("/tenant-configs/count?\(condition)", token: admin),
        ] {
            guard answer.status == 422 else { throw TestFailure("not refused: \(answer.status)") }
            errors.append("\(answer.headers) \(answer.text)")
        }
    }

    /// Requests that are refused, each with secrets in them.
    func fail() async throws {
        let wrong = "Bearer eyJhbGciOiJIUzI1NiJ9.\(SecureRandom.hex(bytes: 30)).\(SecureRandom.hex(bytes: 30))"
        add("wrong token", String(wrong.dropFirst(7)))
        let password = "wrong-\(SecureRandom.hex(bytes: 12))"
        add("wrong password", password)
        let basic = "Basic \(Data("billing:\(password)".utf8).base64EncodedString())"
        for (kind, method, path, headers) in [
            (.tenantManagement, "GET", "/tenants", ["authorization": wrong]),
            (.tenantManagement, "POST", "/webhook", ["x-signature": password, "x-timestamp": "1"]),
            (.tenantManagement, "POST", "/leads/\(Identifier.v4())/verify", ["authorization": wrong]),
            (.tenantManagement, "GET", "/nothing", ["authorization": wrong, "cookie": "arc_session=\(password)"]),
            (.subscription, "POST", "/webhooks/billing-payment", ["authorization": basic]),
            (.orchestrator, "POST", "/event-bridge/events/TENANT_PROVISIONING", ["x-api-key": password]),
        ] as [(StackData.ServiceKind, String, String, [String: String])] {
            let answer = try await services.client(kind).send(
                method, path, ["secret": .string(password)], headers: headers)
            guard answer.status >= 400 else { throw TestFailure("\(method) \(path) was accepted: \(answer.status)") }
            errors.append("\(answer.headers) \(answer.text)")
        }
    }

    private func add(_ name: String, _ secret: String) { secrets.append(SecretForms(name, secret)) }

    /// Everything that is left, by its place.
    func leftovers() async throws -> [String: String] {
        var places = ["error responses": errors.joined(separator: "\n")]
        for (kind, log) in services.logs { places["log of \(kind.rawValue)"] = log }
        places["Redis"] = try await PythonPeer.run("redis_dump.py", ["\(redis.port)", redisPassword])
        for template in [DatabaseTemplate.tenantManagement, .subscription, .orchestrator, .messageBus, .application] {
            let database = try services.data.database(template)
            places["database \(template)"] = try await TestCommand.run([
                "pg_dump", "-h", database.server.host, "-p", database.server.port, "-U", database.server.user, "-d",
                database.name,
            ])
        }
        return places
    }
}
