import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import Testing

@testable import Orchestrator

@Suite struct ProvisioningEventTests {
    @Test func `the secret is opened for provisioners`() throws {
        let test = TestEvent(key: "acme")
        #expect(try test.json["secret"]?.stringValue?.hasPrefix("sealed:") == true)
        let event = try test.event()
        #expect(event.secret == test.secret)
        #expect(event.tenantID == test.tenant)
        #expect(event.tenantKey == "acme")
        #expect(event.tier == "BASIC")
        let json = try JSONValue.parse(event.json)
        #expect(json["secret"]?.stringValue == test.secret)
        #expect(json["context"]?.stringValue == test.context)
        #expect(json["tenant"] == (try test.json["tenant"]))
        #expect(json["subscription"] == (try test.json["subscription"]))
        #expect(json["type"] == "TENANT_PROVISIONING")
    }

    @Test func `a plaintext secret is used as it is`() throws {
        var test = TestEvent(key: "acme")
        test.sealsSecret = false
        let event = try test.event()
        #expect(event.secret == test.secret)
        #expect(event.json == (try test.json.serialized()))
    }

    @Test func `an event without tier is still answered`() throws {
        var test = TestEvent(key: "acme")
        test.tier = nil
        #expect(try test.event().tier == "")
    }

    @Test func `a size that PostgreSQL cannot store counts as missing`() throws {
        var object = try #require(try TestEvent(key: "acme").json.objectValue)
        object["subscription"] = ["plan": ["tier": "BASIC", "size": "S\u{0}", "sizeConfig": ["region": "eu"]]]
        let envelope = try EventEnvelope(
            id: .v4(), type: EventType.tenantProvisioning, tenantID: nil, occurredAt: Timestamp(seconds: 0),
            data: JSONValue.object(object).serialized())
        let event = try ProvisioningEvent(envelope, secrets: TestEvent(key: "").secrets)
        #expect(event.plan == .init(size: "", region: "eu"))
    }

    @Test(arguments: ["secret", "context", "tenant"])
    func `an event that cannot be answered is rejected`(member: String) throws {
        var object = try #require(try TestEvent(key: "acme").json.objectValue)
        object[member] = member == "tenant" ? ["id": "no uuid"] : nil
        let envelope = try EventEnvelope(
            id: .v4(), type: EventType.tenantProvisioning, tenantID: nil, occurredAt: Timestamp(seconds: 0),
            data: JSONValue.object(object).serialized())
        let rejection = try #require(throws: EventRejection.self) {
            _ = try ProvisioningEvent(envelope, secrets: TestEvent(key: "").secrets)
        }
        #expect(rejection.reason.contains(member))
    }

    @Test func `a secret of another key is rejected`() throws {
        let envelope = try TestEvent(key: "acme").envelope()
        #expect(throws: EventRejection.self) {
            _ = try ProvisioningEvent(envelope, secrets: .init(secret: "another key"))
        }
    }

    @Test func `an event of another tenant than its envelope's is rejected`() throws {
        let test = TestEvent(key: "acme")
        let envelope = try EventEnvelope(
            id: .v4(), type: EventType.tenantProvisioning, tenantID: .v4(), occurredAt: Timestamp(seconds: 0),
            data: try test.json.serialized())
        #expect(throws: EventRejection.self) { _ = try ProvisioningEvent(envelope, secrets: test.secrets) }
    }
}
