import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import Testing

@testable import Orchestrator

@Suite struct ProvisioningEventTests {
    @Test func theSecretIsOpenedForProvisioners() throws {
        let test = TestEvent(key: "acme")
        #expect(try test.json["secret"]?.stringValue?.hasPrefix("sealed:") == true)
        let event = try test.event()
        #expect(event.secret == test.secret)
        #expect(event.tenantId == test.tenant)
        #expect(event.tenantKey == "acme")
        #expect(event.tier == "BASIC")
        let json = try JSONValue.parse(event.json)
        #expect(json["secret"]?.stringValue == test.secret)
        #expect(json["context"]?.stringValue == test.context)
        #expect(json["tenant"] == (try test.json["tenant"]))
        #expect(json["subscription"] == (try test.json["subscription"]))
        #expect(json["type"] == "TENANT_PROVISIONING")
    }

    @Test func aSecretInClearIsTakenAsItIs() throws {
        var test = TestEvent(key: "acme")
        test.sealsSecret = false
        let event = try test.event()
        #expect(event.secret == test.secret)
        #expect(event.json == (try test.json.serialized()))
    }

    @Test func anEventWithoutTierIsStillAnswered() throws {
        var test = TestEvent(key: "acme")
        test.tier = nil
        #expect(try test.event().tier == "")
    }

    @Test(arguments: ["secret", "context", "tenant"])
    func whatCannotBeAnsweredIsRejected(member: String) throws {
        var object = try #require(try TestEvent(key: "acme").json.objectValue)
        object[member] = member == "tenant" ? ["id": "no uuid"] : nil
        let envelope = try EventEnvelope(
            id: .v4(), type: EventType.tenantProvisioning, tenantId: nil, occurredAt: Timestamp(seconds: 0),
            data: JSONValue.object(object).serialized())
        let rejection = try #require(throws: EventRejection.self) {
            _ = try ProvisioningEvent(envelope, secrets: TestEvent(key: "").secrets)
        }
        #expect(rejection.reason.contains(member))
    }

    @Test func aSecretOfAnotherKeyIsRejected() throws {
        let envelope = try TestEvent(key: "acme").envelope()
        #expect(throws: EventRejection.self) {
            _ = try ProvisioningEvent(envelope, secrets: .init(secret: "another key"))
        }
    }

    @Test func theTenantOfTheEnvelopeCounts() throws {
        let test = TestEvent(key: "acme")
        let envelope = try EventEnvelope(
            id: .v4(), type: EventType.tenantProvisioning, tenantId: .v4(), occurredAt: Timestamp(seconds: 0),
            data: try test.json.serialized())
        #expect(throws: EventRejection.self) { _ = try ProvisioningEvent(envelope, secrets: test.secrets) }
    }
}

@Suite struct CallbackTests {
    @Test func theReportHasTheFormOfTheContract() throws {
        let tenant = try #require(Identifier("11111111-1111-1111-1111-111111111111"))
        let resource = TenantResource(
            type: "bucket", metadata: ["bucket": "b", "path": "p"], externalIdentifier: nil)
        let report = CallbackReport(
            tenantId: tenant, result: .success, resources: [resource], appPlaneURL: "https://t.example.com")
        #expect(String(decoding: report.body(), as: UTF8.self) == WebhookSignatureTests.webhookBody)
        let failure = CallbackReport(tenantId: tenant, result: .failure, resources: [], appPlaneURL: "http://x")
        #expect(
            try JSONValue.parse(failure.body()) == [
                "initiatorId": .identifier(tenant), "type": 0,
                "data": ["status": 0, "resources": [], "appPlaneUrl": "http://x"],
            ])
    }

    @Test(arguments: [200, 201, 204])
    func successIsDelivery(status: Int) {
        #expect(CallbackSender.verdict(.answered(status: status, retryAfter: nil)) == .delivered(status: status))
    }

    @Test(arguments: [409, 410, 422])
    func answersThatMeanNeverAreFinal(status: Int) {
        #expect(
            CallbackSender.verdict(.answered(status: status, retryAfter: .seconds(1)))
                == .refused(status: status, reason: "refused with \(status)"))
    }

    @Test(arguments: [301, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504])
    func theRestIsTriedAgain(status: Int) {
        #expect(
            CallbackSender.verdict(.answered(status: status, retryAfter: .seconds(3)))
                == .failed(status: status, reason: "answered \(status)", retryAfter: .seconds(3)))
    }

    @Test func noAnswerIsTriedAgain() {
        #expect(
            CallbackSender.verdict(.failed(reason: "away")) == .failed(status: nil, reason: "away", retryAfter: nil))
    }

    @Test func applicationAddresses() throws {
        let template = try #require(AppPlaneURL(template: "https://{key}.example.com/{tier}/{tenantId}"))
        let test = TestEvent(key: "acme")
        #expect(template.url(for: try test.event()) == "https://acme.example.com/basic/\(test.tenant)")
        for text in ["{key}.example.com", "http://{name}", "http://{key", "http://a b"] {
            #expect(AppPlaneURL(template: text) == nil, "\(text)")
        }
    }
}

@Suite struct ExecResultTests {
    private func read(_ text: String) throws -> ExecResult { try ExecResult(output: Array(text.utf8)) }

    @Test func nothingIsSuccessWithoutResources() throws {
        #expect(try read("") == ExecResult())
        #expect(try read(" \n") == ExecResult())
        #expect(try read("{}") == ExecResult())
    }

    @Test func wordsAreIgnored() throws {
        let result = try read("done\n")
        #expect(result.resources.isEmpty)
        #expect(result.ignoredOutput)
    }

    @Test func resourcesAndAddress() throws {
        let result = try read(
            #"{"resources": [{"type": "vm", "metadata": {"ip": "10.0.0.1"}, "externalIdentifier": "i-1"}, {"type": "dns"}], "appPlaneUrl": "https://a.example.com"}"#
        )
        #expect(
            result.resources == [
                TenantResource(type: "vm", metadata: ["ip": "10.0.0.1"], externalIdentifier: "i-1"),
                TenantResource(type: "dns", metadata: [:], externalIdentifier: nil),
            ])
        #expect(result.appPlaneURL == "https://a.example.com")
        #expect(!result.ignoredOutput)
    }

    @Test(arguments: [
        "{", #"{"resources": {}}"#, #"{"resources": [1]}"#, #"{"resources": [{"type": ""}]}"#,
        #"{"resources": [{"type": "a", "metadata": 1}]}"#, #"{"resources": [{"type": "a", "externalIdentifier": ""}]}"#,
        #"{"appPlaneUrl": "example.com"}"#, #"{"appPlaneUrl": 1}"#, #"{"appPlaneUrl": "http://a\nb"}"#,
    ])
    func anythingElseIsAPermanentFailure(text: String) throws {
        let failure = try #require(throws: ProvisioningFailure.self) { _ = try read(text) }
        #expect(failure.kind == .permanent)
    }
}

@Suite struct OutboundAddressTests {
    @Test func aRefusedAddressGetsNoRequest() async throws {
        try await Receiver.with { receiver, url in
            try await withClient(allowsInternalAddresses: false) { client in
                let outcome = await client.post(url + "/pipeline", headers: [:], body: [], timeout: .seconds(120))
                guard case .failed(let reason) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(reason.contains("internal network"), "\(reason)")
            }
            #expect(receiver.requests.isEmpty)
        }
    }
}

@Suite struct PostgresNameTests {
    @Test(arguments: ["acme", "a", "7", "tenant1"])
    func names(key: String) throws {
        let name = try SQLName(tenantKey: key)
        #expect(name.text == "tenant_\(key)")
        #expect(name.quoted == "\"tenant_\(key)\"")
    }

    @Test(arguments: ["", "Acme", "a_b", "a-b", "a\"; DROP", "ä", String(repeating: "a", count: 57)])
    func otherKeysAreRefusedForGood(key: String) throws {
        let failure = try #require(throws: ProvisioningFailure.self) { _ = try SQLName(tenantKey: key) }
        #expect(failure.kind == .permanent)
    }

    /// The exchange of RFC 7677 section 3: user `user`, password `pencil`.
    @Test func verifierOfTheRFC() throws {
        let salt = try #require(Hex.decode("5b6d99689d12358eeca04b141236fa81"))
        #expect(
            ScramVerifier.make(password: "pencil", salt: salt, iterations: 4096) == """
                SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=
                """)
    }

    @Test func verifiersAreSalted() {
        #expect(ScramVerifier.make(password: "pencil") != ScramVerifier.make(password: "pencil"))
    }
}
