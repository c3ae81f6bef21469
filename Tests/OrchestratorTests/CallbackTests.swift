import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import Testing

@testable import Orchestrator

@Suite struct CallbackTests {
    @Test func `the report has the form of the contract`() throws {
        let tenant = try #require(Identifier("11111111-1111-1111-1111-111111111111"))
        let resource = TenantResource(
            type: "bucket", metadata: ["bucket": "b", "path": "p"], externalIdentifier: nil)
        let report = CallbackReport(
            tenantID: tenant, result: .success, resources: [resource], appPlaneURL: "https://t.example.com")
        #expect(String(decoding: report.body(), as: UTF8.self) == WebhookSignatureTests.webhookBody)
        let failure = CallbackReport(
            tenantID: tenant, result: .failure, resources: [], appPlaneURL: "http://x", context: "c")
        #expect(
            try JSONValue.parse(failure.body()) == [
                "initiatorId": .identifier(tenant), "type": 0,
                "data": ["status": 0, "resources": [], "appPlaneUrl": "http://x", "context": "c"],
            ])
    }

    @Test(arguments: [200, 201, 204])
    func `a successful response is a delivery`(status: Int) {
        #expect(CallbackSender.verdict(.answered(status: status, retryAfter: nil)) == .delivered(status: status))
    }

    @Test(arguments: [409, 410, 422])
    func `responses that mean never are final`(status: Int) {
        #expect(
            CallbackSender.verdict(.answered(status: status, retryAfter: .seconds(1)))
                == .refused(status: status, reason: "refused with \(status)"))
    }

    @Test(arguments: [301, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504])
    func `other responses are retried`(status: Int) {
        #expect(
            CallbackSender.verdict(.answered(status: status, retryAfter: .seconds(3)))
                == .failed(status: status, reason: "answered \(status)", retryAfter: .seconds(3)))
    }

    @Test func `a missing response is retried`() {
        #expect(
            CallbackSender.verdict(.failed(reason: "away")) == .failed(status: nil, reason: "away", retryAfter: nil))
    }

    @Test func `the address of an application follows its template`() throws {
        let template = try #require(AppPlaneURL(template: "https://{key}.example.com/{tier}/{tenantId}"))
        let test = TestEvent(key: "acme")
        #expect(template.url(for: try test.event()) == "https://acme.example.com/basic/\(test.tenant)")
        for text in ["{key}.example.com", "http://{name}", "http://{key", "http://a b"] {
            #expect(AppPlaneURL(template: text) == nil, "\(text)")
        }
    }
}
