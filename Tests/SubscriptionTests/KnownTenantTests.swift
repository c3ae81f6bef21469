import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

/// The subscription service knows tenants by the events of tenant management.
@Suite struct KnownTenantTests {
    private static func publish(
        _ type: String, of tenant: Identifier?, _ data: JSONValue, on service: TestService
    ) async throws {
        let now = service.clock.now()
        _ = try await service.bus.publish([
            try EventEnvelope(
                id: .v7(at: now), type: type, tenantID: tenant, occurredAt: now, data: data.serialized())
        ])
    }

    private static func report(
        _ type: String, _ tenant: Identifier, isBlocked: Bool, version: Int, on service: TestService
    ) async throws {
        try await publish(
            type, of: tenant,
            ["tenantId": .identifier(tenant), "isBlocked": .bool(isBlocked), "version": .integer(version)], on: service)
    }

    private static let listLane = Identifier("00000000-0000-0000-0000-000000000001")

    private static func list(_ tenants: [Identifier], isComplete: Bool, on service: TestService) async throws {
        let entries = tenants.map { ["id": .identifier($0), "isBlocked": false, "version": 3] as JSONValue }
        try await publish(
            EventType.tenantsListed, of: listLane, ["tenants": .array(entries), "isComplete": .bool(isComplete)],
            on: service)
    }

    private static func completeList(on service: TestService) async throws {
        try await list([], isComplete: true, on: service)
        try await eventually("the list is complete") {
            try await service.database.count("SELECT count(*) FROM main.tenant_list WHERE is_complete") == 1
        }
    }

    private static func isBlocked(_ tenant: Identifier, on service: TestService) async throws -> Bool? {
        try await service.database.query(
            "SELECT is_blocked FROM main.known_tenants WHERE tenant_id = $1", [.identifier(tenant)]
        ).first?.bool(0)
    }

    @Test func `until the list of tenants is complete only blocked tenants are rejected`() async throws {
        try await TestService.run { service in
            let plan = try await service.plan()
            let (blocked, listed, unlisted) = (Identifier.v4(), Identifier.v4(), Identifier.v4())
            try await Self.list([listed], isComplete: false, on: service)
            try await Self.report(EventType.tenantAccessChanged, blocked, isBlocked: true, version: 2, on: service)
            try await eventually("both are known") {
                let isListed = try await Self.isBlocked(listed, on: service) == false
                return try await Self.isBlocked(blocked, on: service) == true && isListed
            }
            #expect(try await service.subscribe(unlisted, to: plan).status == 201)
            #expect(try await service.subscribe(listed, to: plan).status == 201)
            #expect(try await service.subscribe(blocked, to: plan).json["error"]?["code"] == "TENANT_STATE")
        }
    }

    @Test func `a tenant that never existed can neither subscribe nor act`() async throws {
        try await TestService.run { service in
            let plan = try await service.plan()
            let (listed, unknown) = (Identifier.v4(), Identifier.v4())
            try await Self.list([listed], isComplete: false, on: service)
            try await Self.completeList(on: service)
            #expect(try await service.subscribe(listed, to: plan).status == 201)
            let refused = try await service.subscribe(unknown, to: plan)
            #expect(refused.status == 409 && refused.json["error"]?["code"] == "TENANT_UNKNOWN", "\(refused.text)")
            let token = try await service.token(tenant: unknown)
            let forbidden = try await service.send("GET", "/subscriptions", token: token)
            #expect(forbidden.status == 403 && forbidden.json["error"]?["code"] == "TENANT_NOT_ACTIVE")
            let own = try await service.token(tenant: listed)
            #expect(try await service.send("GET", "/subscriptions", token: own).status == 200)
        }
    }

    @Test func `new tenants are known by the event of their creation or of their provisioning`() async throws {
        try await TestService.run { service in
            let plan = try await service.plan()
            try await Self.completeList(on: service)
            let (created, provisioned) = (Identifier.v4(), Identifier.v4())
            try await Self.report(EventType.tenantCreated, created, isBlocked: false, version: 1, on: service)
            try await Self.publish(EventType.tenantProvisioning, of: provisioned, ["type": "any"], on: service)
            for tenant in [created, provisioned] {
                // At once: the request waits for the event.
                #expect(try await service.subscribe(tenant, to: plan).status == 201)
            }
        }
    }

    @Test func `neither the order of reports nor repetitions matter`() async throws {
        try await TestService.run { service in
            let tenant = Identifier.v4()
            func report(_ isBlocked: Bool, _ version: Int) async throws {
                try await Self.report(
                    EventType.tenantAccessChanged, tenant, isBlocked: isBlocked, version: version, on: service)
            }
            try await report(true, 7)
            try await report(false, 6)
            try await Self.report(EventType.tenantCreated, tenant, isBlocked: false, version: 1, on: service)
            try await Self.publish(EventType.tenantProvisioning, of: tenant, ["type": "any"], on: service)
            try await Self.list([tenant], isComplete: false, on: service)
            // Events of one tenant are handled in their order, so a last one tells when the others are done.
            try await Self.publish(EventType.tenantAccessChanged, of: tenant, ["version": "unreadable"], on: service)
            let last = Identifier.v4()
            try await Self.list([last], isComplete: true, on: service)
            try await eventually("the reports are handled") {
                try await service.bus.deadLetterCount(group: "subscription") == 1
            }
            try await eventually("the list is handled") { try await Self.isBlocked(last, on: service) == false }
            #expect(try await Self.isBlocked(tenant, on: service) == true)
            try await report(false, 8)
            try await eventually("the tenant is back") { try await Self.isBlocked(tenant, on: service) == false }
        }
    }

    @Test func `a subscription cannot be moved to a tenant that is unknown or blocked`() async throws {
        try await TestService.run { service in
            let plan = try await service.plan()
            let (owner, other, blocked) = (Identifier.v4(), Identifier.v4(), Identifier.v4())
            try await Self.list([owner, other], isComplete: false, on: service)
            try await Self.report(EventType.tenantAccessChanged, blocked, isBlocked: true, version: 4, on: service)
            try await Self.completeList(on: service)
            try await eventually("the blocked one is known") { try await Self.isBlocked(blocked, on: service) == true }
            let id = try await service.subscription(owner, to: plan)
            func move(to tenant: Identifier) async throws -> TestResponse {
                try await service.send("PATCH", "/subscriptions/\(id)", ["subscriberId": .identifier(tenant)])
            }
            for tenant in [Identifier.v4(), blocked] {
                let refused = try await move(to: tenant)
                #expect(refused.status == 409 && refused.json["error"]?["code"] == "TENANT_STATE", "\(refused.text)")
            }
            #expect(try await move(to: other).status == 204)
            // What a suspended tenant has can still be ended.
            try await Self.report(EventType.tenantAccessChanged, other, isBlocked: true, version: 9, on: service)
            try await eventually("it is blocked") { try await Self.isBlocked(other, on: service) == true }
            let ended = try await service.send(
                "PATCH", "/subscriptions/\(id)", ["status": 3, "subscriberId": .identifier(other)])
            #expect(ended.status == 204, "\(ended.text)")
        }
    }
}
