import JSONCoding
import ServiceKit
import Testing

@Suite struct WebhookSignatureTests {
    static let secret = "0123456789abcdef0123456789abcdef"
    static let timestamp: Int64 = 1_700_000_000_000
    static let context = "22222222-2222-2222-2222-222222222222"
    static let webhookBody = """
        {"initiatorId":"11111111-1111-1111-1111-111111111111","type":0,"data":{"status":1,"resources":[{"type":"bucket",\
        "metadata":{"bucket":"b","path":"p"}}],"appPlaneUrl":"https://t.example.com"}}
        """
    static let webhookSignature = "0caa0d4da41f569c6429b26236d5b47a0d621354699d130cbee71975b6ed55c6"
    static let usersBody = """
        {"tenant":{"id":"11111111-1111-1111-1111-111111111111","identityProvider":"auth0"},"plan":{"tier":"PREMIUM"}}
        """
    static let usersSignature = "f6b8c4ed1378a657fac3834289d16afdddf55689b35ab5da2342a2ce76f48ba2"

    @Test(arguments: [(webhookBody, context, webhookSignature), (usersBody, nil, usersSignature)])
    func `the test vectors of the contract are reproduced`(body: String, context: String?, expected: String) throws {
        let value = try JSONValue.parse(Array(body.utf8))
        #expect(
            WebhookSignature.sign(
                body: value, context: context, timestampMilliseconds: Self.timestamp, secret: Self.secret) == expected)
        #expect(
            WebhookSignature.sign(
                body: Array(body.utf8), context: context, timestampMilliseconds: Self.timestamp, secret: Self.secret)
                == expected)
        #expect(verify(expected, body: body, context: context))
    }

    @Test func `a body is verified in its normalized form`() {
        let spaced = Self.webhookBody.replacing("\"type\":0", with: " \"type\" : 0.0 ")
        #expect(verify(Self.webhookSignature, body: spaced, context: Self.context))
    }

    @Test func `a body is verified as it was sent as well`() {
        let spaced = Self.webhookBody.replacing(",", with: ", ")
        let signature = WebhookSignature.sign(
            body: Array(spaced.utf8), context: Self.context, timestampMilliseconds: Self.timestamp, secret: Self.secret)
        #expect(signature != Self.webhookSignature)
        #expect(verify(signature, body: spaced, context: Self.context))
    }

    @Test func `a change of anything that is signed is noticed`() {
        #expect(!verify(Self.webhookSignature, body: Self.webhookBody, context: nil))
        #expect(!verify(Self.webhookSignature, body: Self.webhookBody, context: Self.context, timestamp: 1))
        #expect(!verify(Self.webhookSignature, body: Self.webhookBody, context: Self.context, secret: "other"))
        #expect(
            !verify(
                Self.webhookSignature, body: Self.webhookBody.replacing("\"status\":1", with: "\"status\":0"),
                context: Self.context))
    }

    @Test(arguments: ["", "0c", "zz" + webhookSignature.dropFirst(2), webhookSignature + "00"])
    func `malformed signatures are refused`(signature: String) {
        #expect(!verify(signature, body: Self.webhookBody, context: Self.context))
    }

    @Test func `timestamps are read like in JavaScript`() {
        #expect(WebhookSignature.timestampMilliseconds(header: "1700000000000") == Self.timestamp)
        #expect(WebhookSignature.timestampMilliseconds(header: " 1.7e12 ") == Self.timestamp)
        for text in ["", "now", "1700000000000.5", "nan", "inf", "0x10", "1 2", "9007199254740993", "-"] {
            #expect(WebhookSignature.timestampMilliseconds(header: text) == nil, "\(text)")
        }
    }

    private func verify(
        _ signature: String, body: String, context: String?, timestamp: Int64 = timestamp, secret: String = secret
    ) -> Bool {
        guard let value = try? JSONValue.parse(Array(body.utf8)) else { return false }
        return WebhookSignature.verify(
            signature, body: value, rawBody: Array(body.utf8), context: context, timestampMilliseconds: timestamp,
            secret: secret)
    }
}
