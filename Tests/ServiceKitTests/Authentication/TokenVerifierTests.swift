import FoundationEssentials
import JWTKit
import Logging
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite
struct TokenVerifierTests {
    private let clock = ManualClock(Timestamp(seconds: 1_800_000_000))

    private func verifier(issuer: String? = "test", cache: Duration = .seconds(30)) async -> TokenVerifier {
        await TokenVerifier(
            configuration: TokenConfiguration(secret: "secret", issuer: issuer, cacheLifetime: cache), clock: clock)
    }

    private func token(
        secret: String = "secret", issuer: String? = "test", lifetime: Duration = .seconds(60)
    ) async throws -> String {
        try await TokenIssuer(secret: secret, issuer: issuer, clock: clock)
            .issue(TokenIssuer.Claims(id: "u", permissions: ["1", "2"]), lifetime: lifetime)
    }

    @Test func `an issued token is accepted`() async throws {
        let identity = try await verifier().verify(try await token())
        #expect(identity.id == "u")
        #expect(identity.permissions == ["1", "2"])
        #expect(identity.kind == .operator)
    }

    @Test func `another secret or issuer is refused`() async throws {
        let verifier = await verifier()
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(try await token(secret: "other")) }
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(try await token(issuer: "other")) }
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(try await token(issuer: nil)) }
    }

    @Test func `a token expires even if it was remembered before`() async throws {
        let verifier = await verifier(cache: .seconds(300))
        let token = try await token(lifetime: .seconds(10))
        _ = try await verifier.verify(token)
        clock.advance(by: .seconds(11))
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(token) }
    }

    @Test(arguments: [
        "", "a", "a.b", "a.b.c", "....", "eyJhbGciOiJub25lIn0.eyJpZCI6InUiLCJpc3MiOiJ0ZXN0In0.",
        "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6InUiLCJpc3MiOiJ0ZXN0In0.AAAA",
    ])
    func `malformed tokens are refused`(_ text: String) async {
        let verifier = await verifier()
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(text) }
    }

    /// The last character of a signature of 32 bytes has two bits that belong to no byte.
    @Test func `another spelling of a signature is refused`() async throws {
        let verifier = await verifier()
        let token = try await token()
        let last = try #require(token.last)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let value = try #require(letters.firstIndex(of: last))
        #expect(value % 4 == 0)
        for spelling in 1...3 {
            let other = token.dropLast() + String(letters[value + spelling])
            await #expect(throws: HTTPFailure.self) { try await verifier.verify(String(other)) }
        }
        #expect(try await verifier.verify(token).id == "u")
    }

    @Test func `numbers among the permissions never match`() async throws {
        let keys = JWTKeyCollection()
        await keys.add(hmac: .sharedSecret("secret"), digestAlgorithm: .sha256)
        let token = try await keys.sign(MixedPayload())
        let identity = try await verifier().verify(token)
        #expect(identity.permissions == ["10207"])
        #expect(!identity.holdsAny(of: ["10204"]))
    }

    @Test func `keys of a provider are used with their algorithm only, and until they are removed`() async throws {
        let verifier = await verifier(issuer: nil)
        let signer = ES256PrivateKey()
        let parameters = try #require(signer.parameters)
        let jwks = """
            {"keys":[{"kty":"EC","crv":"P-256","kid":"k1","x":"\(parameters.x)","y":"\(parameters.y)"}]}
            """
        let isRemoved = Mutex(false)
        let loader = KeySetLoader(
            verifier: verifier,
            source: { Array((isRemoved.withLock { $0 } ? #"{"keys":[]}"# : jwks).utf8) }, interval: .seconds(60),
            logger: Logger(label: "test"))
        #expect(await loader.load())
        #expect(verifier.keySetSize == 1)

        let keys = JWTKeyCollection()
        await keys.add(ecdsa: signer, kid: "k1")
        let token = try await keys.sign(PlainPayload(id: "x"), kid: "k1")
        #expect(try await verifier.verify(token).id == "x")

        // The provider's public key must not be taken for an HMAC secret, nor the shared secret for its key.
        let confused = JWTKeyCollection()
        await confused.add(hmac: .sharedSecret("secret"), digestAlgorithm: .sha256, kid: "k1")
        let forged = try await confused.sign(PlainPayload(id: "evil"), kid: "k1")
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(forged) }

        // A token with an unknown key makes the loader look once more, in vain.
        isRemoved.withLock { $0 = true }
        verifier.replaceKeySet([])
        await #expect(throws: HTTPFailure.self) { try await verifier.verify(token) }
    }

    @Test func `a broken key set leaves the previous one in effect`() async throws {
        let verifier = await verifier()
        let loader = KeySetLoader(
            verifier: verifier, source: { Array("{\"keys\":[]}".utf8) }, interval: .seconds(60),
            logger: Logger(label: "test"))
        #expect(await !loader.load())
        #expect(try await verifier.verify(try await token()).id == "u")
    }
}

private struct PlainPayload: JWTPayload {
    let id: String
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

private struct MixedPayload: JWTPayload {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode("test", forKey: .iss)
        var list = container.nestedUnkeyedContainer(forKey: .permissions)
        try list.encode(10204)
        try list.encode("10207")
    }
    init() {}
    init(from decoder: any Decoder) throws {}
    func verify(using algorithm: some JWTAlgorithm) async throws {}
    private enum Keys: String, CodingKey {
        case iss
        case permissions
    }
}
