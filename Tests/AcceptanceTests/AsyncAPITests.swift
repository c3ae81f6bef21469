import ConfigurationChecks
import Entities
import Foundation
import JSONCoding
import Logging
import MessageBus
import Orchestrator
import PostgresClient
import PostgresTestSupport
import ServicePlatform
import StackTestSupport
import Subscription
import TenantManagement
import Testing

/// The document of events says what is published, and what was released stays.
@Suite(.timeLimit(.minutes(20))) struct AsyncAPITests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../docs/asyncapi")

    private static func participants() async throws -> [EventParticipant] {
        let reader = try EnvironmentReader.make(
            folder: "/nowhere",
            environment: [
                "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
                "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": "document",
                "TENANT_MANAGEMENT_URL": "http://127.0.0.1:1",
            ])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return [
            try await TenantManagementApp.eventParticipant(named: "tenant-management", reader: reader, logger: logger),
            try await SubscriptionApp.eventParticipant(named: "subscription", reader: reader, logger: logger),
            try await OrchestratorApp.eventParticipant(named: "orchestrator", reader: reader, logger: logger),
        ]
    }

    private static func document() async throws -> AsyncAPIDocument {
        AsyncAPIDocument(participants: try await participants())
    }

    /// `make asyncapi` writes it anew.
    @Test func `the committed document is up to date`() async throws {
        let committed = try String(contentsOf: Self.folder.appending(path: "asyncapi.json"), encoding: .utf8)
        let current = try JSONValue.parse(try await Self.document().json()).indented() + "\n"
        #expect(
            committed == current, "docs/asyncapi/asyncapi.json is stale: run make asyncapi and look at what changed")
    }

    @Test func `the document is valid AsyncAPI, and its examples match their schemas`() async throws {
        let path = Self.folder.appending(path: "asyncapi.json").path
        let counts = try await PythonPeer.run("asyncapi_check.py", [path]).split(separator: " ").compactMap { Int($0) }
        let count = try await Self.document().events.count
        #expect(counts == [count, count, 0])
    }

    @Test func `released members of events are neither removed nor narrowed`() async throws {
        let text = try Data(contentsOf: Self.folder.appending(path: "released.json"))
        let released = try ReleasedEvents(parsing: Array(text))
        #expect(released.problems(in: ReleasedEvents(try await Self.document().events)) == [])
    }

    @Test func `an event has one description, and what is consumed is published by somebody`() async throws {
        let participants = try await Self.participants()
        let published = participants.flatMap(\.publishes)
        for (type, descriptions) in Dictionary(grouping: published, by: \.type) {
            #expect(descriptions.allSatisfy { $0 == descriptions[0] }, "\(type) is described in different ways")
            #expect(EventEnvelope.isValid(type: type))
        }
        // Those of the original that pipelines publish.
        let foreign: Set = [
            EventType.tenantDeployment, EventType.tenantDeploymentSuccess, EventType.tenantDeploymentFailure,
        ]
        let types = Set(published.map(\.type)).union(foreign)
        for group in participants.flatMap(\.groups) {
            #expect(group.types.subtracting(types).sorted() == [], "\(group.name) waits for what nobody publishes")
        }
    }

    @Test func `a name stands for one schema`() async throws {
        var schemas: [String: Schema] = [:]
        for event in try await Self.document().events {
            var own: [String: Schema] = [:]
            event.message.collectNamed(into: &own)
            for (name, schema) in own {
                #expect(schemas[name] == nil || schemas[name] == schema, "\(name) has two meanings")
                schemas[name] = schema
            }
        }
    }

    @Test func `what is published in the life of a tenant is as described`() async throws {
        try await TestStack.run { stack in
            let tenant = try await stack.createTenantID()
            let plan = try await stack.plan(tier: "STANDARD")
            try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 1],
                token: stack.admin
            ).expect(201)
            try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
            for (action, reason) in [("suspend", "billing"), ("reactivate", "billing")] {
                try await stack.tenantManagement.post(
                    "/tenants/\(tenant)/\(action)", ["reason": .string(reason)], token: stack.admin
                ).expect(200)
            }
            let other = try await stack.createTenantID()
            try await stack.tenantManagement.delete("/tenants/\(other)", token: stack.admin).expect(204)
            try await eventually("everything is published") {
                var pending = 0
                for template in [DatabaseTemplate.tenantManagement, .subscription] {
                    pending += try await stack.database(template).count(
                        "SELECT count(*) FROM main.outbox WHERE state = 0")
                }
                return pending == 0
            }
            try await Self.check(try await Self.published(stack))
        }
    }

    private static func published(_ stack: TestStack) async throws -> [EventEnvelope] {
        var events: [EventEnvelope] = []
        for template in [DatabaseTemplate.tenantManagement, .subscription] {
            events += try await stack.database(template).withPool { pool in
                try await OutboxLog(pool: pool).events(OutboxQuery(limit: 1000)).map(\.event)
            }
        }
        return events
    }

    private static func check(_ events: [EventEnvelope]) async throws {
        let descriptions = Dictionary(try await document().events.map { ($0.type, $0) }) { first, _ in first }
        for event in events {
            let description = try #require(descriptions[event.type], "\(event.type) is not described")
            #expect(description.problems(in: event) == [], "\(event.type)")
        }
        let types = Set(events.map(\.type))
        for type in [
            EventType.tenantProvisioning, EventType.tenantProvisioningSuccess, EventType.tenantAccessChanged,
            EventType.tenantsListed, EventType.tenantSuspended, EventType.tenantReactivated,
            EventType.subscriptionCreated, EventType.subscriptionActivated,
        ] { #expect(types.contains(type), "\(type)") }

        let file = TestCommand.temporaryFile("published-events")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(events.map { $0.jsonBytes() }.joined(separator: Array("\n".utf8))).write(to: file)
        let counts = try await PythonPeer.run(
            "asyncapi_check.py", [Self.folder.appending(path: "asyncapi.json").path, file.path])
        #expect(counts.hasSuffix(" \(events.count)"))
    }
}
