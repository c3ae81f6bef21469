import Crypto
import FoundationEssentials
import NIOHTTP1
import Primitives
import Testing

@testable import TenantManagement

/// Signatures of deliveries (Standard Webhooks 1.0.0).
@Suite struct WebhookKeyTests {
    /// The example of the specification's libraries.
    @Test func `the published example has its signature`() throws {
        let key = try #require(WebhookKey(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let message = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}"
        #expect(try key.signature(of: Array(message.utf8)) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(arguments: WebhookEndpoint.Signing.allCases)
    func `a key is restored from its text, and shows no more than receivers need`(_ signing: WebhookEndpoint.Signing)
        throws
    {
        let key = WebhookKey.make(signing)
        let restored = try #require(WebhookKey(text: key.text))
        #expect(restored.text == key.text && restored.signing == signing)
        #expect(WebhookKey.make(signing).text != key.text)
        switch signing {
        case .hmac: #expect(key.shown.name == "secret" && key.shown.value == key.text)
        case .ed25519:
            #expect(key.shown.name == "publicKey" && key.shown.value.hasPrefix("whpk_"))
            #expect(!key.shown.value.contains(key.text.dropFirst(5)))
        }
        for text in ["", "whsec", "whsk_AAAA", "whpk_\(key.text.dropFirst(5))", "whsec_%"] {
            #expect(WebhookKey(text: text) == nil, "\(text)")
        }
    }

    @Test func `an attempt is signed with every key`() throws {
        let keys = [WebhookKey.make(.hmac), .make(.ed25519), .make(.hmac)]
        let id = Identifier.v4()
        let timestamp = Timestamp(milliseconds: 1_614_265_330_999)
        let headers = try StandardWebhookSigner.headers(
            id: id, timestamp: timestamp, body: Array("{}".utf8), keys: keys)
        #expect(headers["webhook-id"] == [id.description] && headers["webhook-timestamp"] == ["1614265330"])
        let signatures = try #require(headers.first(name: "webhook-signature")).split(separator: " ")
        #expect(signatures.map { $0.prefix { $0 != "," } } == ["v1", "v1a", "v1"])
        let message = Data("\(id).1614265330.{}".utf8)
        guard case .ed25519(let key) = keys[1] else { return }
        let signature = try #require(Data(base64Encoded: String(signatures[1].dropFirst(4))))
        #expect(key.publicKey.isValidSignature(signature, for: message))
        #expect(!key.publicKey.isValidSignature(signature, for: message + Data("x".utf8)))
    }
}
