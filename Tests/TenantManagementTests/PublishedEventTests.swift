import JSONCoding
import MessageBus
import Primitives
import ServicePlatform
import Testing

@testable import TenantManagement

/// What leaves the system of each type of event.
@Suite struct PublishedEventTests {
    private let tenant = Identifier.v4()

    private func data(_ type: String, _ content: JSONValue) throws -> JSONValue {
        let published = try #require(PublishedEvents.find(type))
        let event = try EventEnvelope(
            id: .v4(), type: type, tenantID: tenant, occurredAt: Timestamp(seconds: 1), data: content.serialized())
        return try JSONValue.parse(published.data(of: event))
    }

    @Test func `the event of a provisioning leaves without its secret and the people in it`() throws {
        let content: JSONValue = [
            "type": "TENANT_PROVISIONING",
            "tenant": [
                "id": "t", "key": "acme", "name": "Acme", "contacts": [["email": "ann@acme.com"]],
                "address": ["city": "Bonn"],
            ],
            "subscription": ["id": "s", "plan": ["tier": "BASIC", "price": 7]], "secret": "sealed:x", "context": "c",
        ]
        #expect(
            try data(EventType.tenantProvisioning, content) == [
                "tenantId": .identifier(tenant), "key": "acme", "name": "Acme", "tier": "BASIC", "subscriptionId": "s",
            ])
    }

    @Test func `nothing that is not listed leaves, whatever an event contains`() throws {
        for published in PublishedEvents.all {
            let names = Set(published.members.map(\.name) + ["tenantId"])
            var content: JSONObject = ["secret": "do not show", "nested": ["secret": "do not show"]]
            for member in published.members where member.path.count == 1 {
                content[member.name] = ["secret": "do not show"]
            }
            let shown = try data(published.type, .object(content))
            let members = Set(shown.objectValue?.keys ?? [])
            #expect(members.isSubset(of: names))
            #expect(!String(decoding: shown.serialized(), as: UTF8.self).contains("do not show"), "\(published.type)")
            let long = String(repeating: "x", count: PublishedEvent.maximumTextLength + 1)
            for member in published.members where member.path.count == 1 { content[member.name] = .string(long) }
            #expect(try data(published.type, .object(content)) == ["tenantId": .identifier(tenant)])
        }
    }

    /// Events that services only tell each other.
    private static let internalTypes: Set<String> = [
        EventType.tenantsListed, EventType.tenantMoveRequested, EventType.tenantProvisioningCommand,
        EventType.tenantExportRequested, EventType.tenantDataExportRequested, EventType.tenantMoveConfirmed,
        EventType.roleChanged, EventType.apiKeyChanged, EventType.tokensRevoked,
    ]

    @Test func `each type that tenant management publishes leaves, or is known not to`() {
        let described = Set(TenantManagementApp.features.flatMap { $0.events }.map(\.type))
        #expect(described.subtracting(PublishedEvents.types).subtracting(Self.internalTypes) == [])
        #expect(Self.internalTypes.isDisjoint(with: PublishedEvents.types))
        #expect(Set(PublishedEvents.types).count == PublishedEvents.types.count)
    }
}
