import AsyncHTTPClient
import Configuration
import ConfigurationChecks
import JSONCoding
import MessageBus
import NIOCore
import NIOHTTP1
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import ServicePlatform
import StackTestSupport
import Subscription
import Testing

/// The whole service over HTTP in this process, on its own database.
struct TestService: Sendable {
    static let tenantA = Identifier.v4()
    static let tenantB = Identifier.v4()
    static let tenantC = Identifier.v4()
    private static let secret = "a secret that is long enough for HS256"
    private static let gate = ConcurrencyGate(4)
    /// Other tests use those before it.
    private static let firstRedisDatabase = 8

    let port: Int
    let database: TestDatabase
    let clock: ManualClock
    let bus: InProcessConnector
    private let tokens: TokenIssuer

    /// Runs `body` against a service that was started for it.
    /// - Parameter renewsInRealTime: Whether workers renew subscriptions of tenants without a test clock, too.
    static func run(
        at date: String = "2026-01-31T10:00:00.000Z", environment: [String: String] = [:],
        renewsInRealTime: Bool = false, _ body: (TestService) async throws -> Void
    ) async throws {
        try await gate.run { place in
            // Tenants are the same in all tests, and Redis knows things by tenant.
            let environment = ["REDIS_DATABASE": "\(firstRedisDatabase + place)"].merging(environment) { $1 }
            try await TestDatabase.with(.subscription) { database in
                if !renewsInRealTime { try await database.leaveRenewalsToTestClocks() }
                try await run(on: database, at: date, environment: environment, body)
            }
        }
    }

    private static func run(
        on database: TestDatabase, at date: String, environment: [String: String],
        _ body: (TestService) async throws -> Void
    ) async throws {
        let servers = try TestServers.current()
        let clock = ManualClock(try #require(Timestamp(iso8601: date)))
        let bus = InProcessConnector(clock: clock, logger: testLogger)
        let reader = try EnvironmentReader.make(
            folder: "/nonexistent",
            environment: [
                "HOST": "127.0.0.1", "PORT": "0", "ACCESS_LOG": "false", "JWT_SECRET": secret, "JWT_ISSUER": "test",
                "DB_HOST": database.server.host, "DB_PORT": database.server.port,
                "DB_USER": database.template.runtimeRole, "DB_DATABASE": database.name, "DB_MAX_CONNECTIONS": "8",
                "REDIS_HOST": servers.redisHost, "REDIS_PORT": servers.redisPort,
            ].merging(PatientDatabase.settings()) { $1 }.merging(environment) { $1 })
        let service = try await SubscriptionApp.make(
            reader: reader, clock: clock, bus: .inProcess(bus), logger: testLogger)
        let running = try await RunningService.start(service)
        try await withCleanup {
            let tokens = await TokenIssuer(secret: secret, issuer: "test", clock: clock)
            try await body(
                TestService(port: running.port, database: database, clock: clock, bus: bus, tokens: tokens))
        } cleanup: {
            await running.stop()
        }
    }

    /// Every code that there is.
    static let allPermissions = PermissionCatalog.all(with: SubscriptionCatalog.resources)

    /// A token; without a tenant an operator's.
    func token(
        tenant: Identifier? = nil, permissions: [String] = allPermissions, user: String = Identifier.v4().description
    ) async throws -> String {
        try await tokens.issue(
            TokenIssuer.Claims(id: user, tenantID: tenant?.description, permissions: permissions),
            lifetime: .seconds(365 * 86_400))
    }

    /// What a GET of an operator answers.
    func bytes(_ path: String) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.headers.add(name: "authorization", value: "Bearer \(try await token())")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let bytes = Array(try await response.body.collect(upTo: 10 << 20).readableBytesView)
        try #require(response.status == .ok, "\(String(decoding: bytes.prefix(1000), as: UTF8.self))")
        return bytes
    }

    /// Sends a body as it is, without a token.
    func sendText(
        _ method: String, _ path: String, _ body: String, headers: [String: String] = [:]
    ) async throws -> TestResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method)
        request.headers.add(name: "content-type", value: "application/json")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(string: body))
        return try await TestResponse(try await HTTPClient.shared.execute(request, timeout: .seconds(120)))
    }

    /// Sends a request; as an operator with all permissions unless a token is given.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> TestResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method)
        let token = if let token { token } else { try await self.token() }
        if !token.isEmpty { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        return try await TestResponse(try await HTTPClient.shared.execute(request, timeout: .seconds(120)))
    }

    /// Moves a test clock, and waits for everything that became due: a single answer waits for some seconds only.
    func advance(_ clock: String, to instant: String) async throws {
        try await eventually("what became due until \(instant) is done") {
            let answer = try await send("POST", "/test-clocks/\(clock)/advance", ["now": .string(instant)])
            try #require(answer.status == 200 && answer.json["parked"] == 0, "\(instant): \(answer.text)")
            return answer.json["due"] == 0
        }
    }
}

/// An answer.
struct TestResponse: Sendable {
    let status: Int
    let location: String?
    let link: String?
    let totalCount: String?
    let eTag: String?
    let text: String
    let json: JSONValue

    /// Reads an answer to its end.
    init(_ response: HTTPClientResponse) async throws {
        let bytes = Array(try await response.body.collect(upTo: 10 << 20).readableBytesView)
        status = Int(response.status.code)
        location = response.headers.first(name: "location")
        link = response.headers.first(name: "link")
        totalCount = response.headers.first(name: "x-total-count")
        eTag = response.headers.first(name: "etag")
        text = String(decoding: bytes, as: UTF8.self)
        json = (try? JSONValue.parse(stored: bytes)) ?? .null
    }

    /// `path: code` of every violation of a 422 or 400.
    var violations: [String] {
        (json["error"]?["details"]?.arrayValue ?? []).map {
            "\($0["path"]?.stringValue ?? "?"): \($0["code"]?.stringValue ?? "?")"
        }
    }

    /// The address of the next page of a list.
    var nextPage: String? { link?.split(separator: ">").first.map { String($0.dropFirst()) } }

    var message: String { json["error"]?["message"]?.stringValue ?? "" }
}
