import HTTPTypes
import JSONCoding
import Primitives

@testable import ServiceKit

extension FuzzTarget {
    /// Only tokens that were issued are accepted, and those byte by byte.
    static let token = FuzzTarget(
        "jwt", tokens: ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", ".", "=", "..", "eyJ", "-", "_"],
        seeds: { await FuzzTokens.shared.value.issued.map { Array($0.utf8) } }
    ) { bytes in
        let tokens = await FuzzTokens.shared.value
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            _ = try await tokens.verifier.verify(text)
        } catch let error as HTTPFailure {
            return "\(error.status.code) \(min(text.utf8.count { $0 == UInt8(ascii: ".") }, 4))"
        }
        try FuzzViolation.unless(
            tokens.issued.contains { $0.hasSameBytes(as: text) }, "a token that was not issued is accepted")
        return "accepted"
    }

    private static let secret = "the secret of a callback"
    private static let instant: Int64 = 1_700_000_000_000
    private static let bodies = [
        #"{"initiatorId":"a","type":0,"data":{"status":1}}"#, "{}", #"{"n":1.50,"s":"\u00e9"}"#,
    ]

    /// The signature, a line break, and the body: only what was signed is accepted, in whatever form the JSON is written.
    static let webhookSignature = FuzzTarget(
        "webhook-signature", tokens: ["initiatorId", "\"data\"", "1.0", "\\u0061"],
        seeds: {
            bodies.map { body in
                Array(
                    "\(WebhookSignature.sign(body: Array(body.utf8), context: "c", timestampMilliseconds: instant, secret: secret))\n\(body)"
                        .utf8)
            }
        }
    ) { bytes in
        let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let body = try? JSONValue.parse(Array(parts[1])) else { return "no body" }
        let isSigned = WebhookSignature.verify(
            String(decoding: parts[0], as: UTF8.self), body: body, rawBody: Array(parts[1]), context: "c",
            timestampMilliseconds: instant, secret: secret)
        guard isSigned else { return "refused" }
        let form = body.javaScriptSerialized()
        let isKnown = bodies.contains { known in
            Array(known.utf8) == Array(parts[1]) || Array(known.utf8) == form
                || (try? JSONValue.parse(Array(known.utf8)))?.javaScriptSerialized() == form
        }
        try FuzzViolation.unless(isKnown, "a body that was not signed is accepted")
        return "accepted"
    }

    /// A whole number of milliseconds that every client's numbers hold, or nothing.
    static let webhookTimestamp = FuzzTarget.text(
        "webhook-timestamp", tokens: ["e", "E+", ".", "-", "0x", "Infinity", "nan"]
    ) {
        text in
        guard let value = WebhookSignature.timestampMilliseconds(header: text) else { return "refused" }
        try FuzzViolation.unless(value.magnitude < 1 << 53, "\(value)")
        return "accepted"
    }

    /// A key is read exactly as it is written.
    static let apiKey = FuzzTarget(
        "api-key", tokens: ["arc_", "ARC_", "0", "zzzzzz"],
        seeds: { (0..<3).map { _ in Array(APIKeyText.make().text.utf8) } }
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        guard let key = APIKeyText(text) else { return APIKeyText.isMeant(by: text) ? "malformed" : "other" }
        try FuzzViolation.unless(key.text.utf8.elementsEqual(bytes) && bytes.count == 53, "another text is read")
        return "key"
    }

    /// A cookie has a value from the header, or there is none.
    static let cookies = FuzzTarget.text("cookies", tokens: ["sid=", "; ", ";", "=", "__Host-sid=", "\""]) { text in
        var headers = HTTPFields()
        headers[.cookie] = text
        switch CookieHeader.find("sid", in: headers) {
        case .absent: return "absent"
        case .several: return "several"
        case .value(let value):
            try FuzzViolation.unless(
                value.utf8.count < text.utf8.count && !value.utf8.contains(UInt8(ascii: ";")),
                "a value with a separator")
            return "value"
        }
    }
}

/// A verifier and tokens that it accepts.
struct FuzzTokens: Sendable {
    let verifier: TokenVerifier
    let issued: [String]

    static let shared = Task { await FuzzTokens() }

    private struct Clock: WallClock {
        func now() -> Timestamp { Timestamp(seconds: 1_767_225_600) }
    }

    private init() async {
        let secret = "a secret of more than 32 bytes for fuzzing only"
        verifier = await TokenVerifier(
            configuration: TokenConfiguration(secret: secret, issuer: "fuzz", cacheLifetime: .zero), clock: Clock())
        let issuer = await TokenIssuer(secret: secret, issuer: "fuzz", clock: Clock())
        var issued: [String] = []
        for claims in [
            TokenIssuer.Claims(id: "a", permissions: ["10204"]),
            TokenIssuer.Claims(id: "bc", tenantID: "019b8d2c-7f00-7a51-9c3e-5d2f1a6b4c80", permissions: []),
            TokenIssuer.Claims(id: nil, role: "Operator", permissions: ["1", "2", "3"]),
        ] {
            if let token = try? await issuer.issue(claims, lifetime: .seconds(3600)) { issued.append(token) }
        }
        self.issued = issued
    }
}
