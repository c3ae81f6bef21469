import Crypto
import FoundationEssentials
import JSONCoding
import Primitives
import Testing

@testable import ServiceKit

@Suite struct IDTokenTests {
    private static let issuer = "https://id.example.com"
    private static let now = Timestamp(seconds: 1_795_000_000)
    private static let nonce = "a nonce"

    private let signer = P256.Signing.PrivateKey()

    private func jwk(_ name: String = "k1") -> JSONObject {
        let point = Array(signer.publicKey.rawRepresentation)
        return [
            "kty": "EC", "crv": "P-256", "kid": .string(name), "use": "sig",
            "x": .string(Base64URL.encode(point[..<32])), "y": .string(Base64URL.encode(point[32...])),
        ]
    }

    private func keys(_ names: [String] = ["k1"]) async throws -> ProviderKeys {
        let keys = ProviderKeys()
        var list: [SigningKey] = []
        for name in names { list.append(try #require(await SigningKey.publicKey(jwk(name)))) }
        keys.replaceKeySet(list)
        return keys
    }

    private func token(
        _ changes: JSONObject = [:], removing removed: [String] = [],
        header: JSONObject = ["alg": "ES256", "kid": "k1"], signature: [UInt8]? = nil
    ) throws -> String {
        var claims: JSONObject = [
            "iss": .string(Self.issuer), "aud": "arc", "sub": "ann", "nonce": .string(Self.nonce),
            "iat": .integer(Self.now.seconds), "exp": .integer(Self.now.seconds + 300),
        ]
        for (name, value) in changes { claims[name] = value }
        for name in removed { claims[name] = nil }
        let content = [header, claims].map { Base64URL.encode(JSONValue.object($0).serialized()) }
            .joined(separator: ".")
        let signed = try signature ?? Array(signer.signature(for: Array(content.utf8)).rawRepresentation)
        return "\(content).\(Base64URL.encode(signed))"
    }

    private func fault(
        _ token: String, keys: ProviderKeys? = nil, accessToken: String? = "access", skew: Duration = .seconds(60)
    ) async throws -> IDTokenFault? {
        let keys = if let keys { keys } else { try await self.keys() }
        let verifier = IDTokenVerifier(issuer: Self.issuer, clientID: "arc", clockSkew: skew, keys: keys)
        do {
            _ = try await verifier.verify(
                token, for: .init(nonce: Self.nonce, accessToken: accessToken), now: Self.now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a token that is in order is accepted`() async throws {
        #expect(try await fault(token()) == nil)
        #expect(try await fault(token(["aud": ["arc"]])) == nil)
        #expect(try await fault(token(["aud": ["arc", "other"], "azp": "arc"])) == nil)
        #expect(try await fault(token(["azp": "arc"])) == nil)
        #expect(try await fault(token(["nbf": .integer(Self.now.seconds + 59)])) == nil)
        #expect(try await fault(token(["iat": .integer(Self.now.seconds + 60)])) == nil)
        #expect(try await fault(token(["exp": .integer(Self.now.seconds - 59)])) == nil)
        let hash = IDTokenVerifier.hash(of: "access", algorithm: "ES256")
        #expect(try await fault(token(["at_hash": .string(hash)])) == nil)
    }

    /// The example of OpenID Connect Core, appendix A.3.
    @Test func `the hash of an access token is that of the specification`() {
        #expect(
            IDTokenVerifier.hash(of: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", algorithm: "RS256")
                == "77QmUPtjPfzWtF2AnpK9RQ")
        #expect(IDTokenVerifier.hash(of: "x", algorithm: "ES384").utf8.count == 32)
        #expect(IDTokenVerifier.hash(of: "x", algorithm: "EdDSA").utf8.count == 43)
    }

    @Test(
        arguments: [
            (["iss": "https://evil.example"], .issuer), (["iss": "https://id.example.com/"], .issuer),
            (["iss": 1], .issuer),
            (["aud": "other"], .audience), (["aud": []], .audience), (["aud": .null], .audience),
            (["aud": 1], .audience),
            (["aud": ["arc", "other"]], .authorizedParty), (["azp": "other"], .authorizedParty),
            (["azp": .null], .authorizedParty), (["aud": ["arc", "other"], "azp": "other"], .authorizedParty),
            (["nonce": "another"], .nonce), (["nonce": ["a nonce"]], .nonce), (["nonce": ""], .nonce),
            (["exp": 1_794_999_940], .expired), (["exp": "1795000300"], .expired), (["exp": .null], .expired),
            (["exp": 1e300], .expired), (["iat": 1_795_000_061], .issuedAt), (["iat": 1_794_999_340], .issuedAt),
            (["iat": "now"], .issuedAt), (["nbf": 1_795_000_061], .notYetValid), (["nbf": "x"], .notYetValid),
            (["at_hash": "another"], .accessTokenHash), (["at_hash": 1], .accessTokenHash), (["sub": ""], .subject),
            (["sub": 7], .subject), (["sub": .string(String(repeating: "a", count: 256))], .subject),
        ] as [(JSONObject, IDTokenFault)])
    func `a token with a wrong claim is refused`(changes: JSONObject, expected: IDTokenFault) async throws {
        #expect(try await fault(token(changes)) == expected)
    }

    @Test(
        arguments: [
            ("iss", .issuer), ("aud", .audience), ("nonce", .nonce), ("exp", .expired), ("iat", .issuedAt),
            ("sub", .subject),
        ] as [(String, IDTokenFault)])
    func `a token without a claim is refused`(claim: String, expected: IDTokenFault) async throws {
        #expect(try await fault(token(removing: [claim])) == expected)
    }

    @Test func `the algorithm is that of the provider's key`() async throws {
        for algorithm in ["none", "None", "HS256", "RS256", "ES384", "EdDSA", ""] {
            let header: JSONObject = ["alg": .string(algorithm), "kid": "k1"]
            #expect(try await fault(token(header: header, signature: [])) == .unknownKey, "\(algorithm)")
            #expect(try await fault(token(header: header)) == .unknownKey, "\(algorithm)")
        }
        let secret = SymmetricKey(data: Array(signer.publicKey.pemRepresentation.utf8))
        let mac = Array(HMAC<SHA256>.authenticationCode(for: [UInt8](1...9), using: secret))
        #expect(try await fault(token(header: ["alg": "HS256", "kid": "k1"], signature: mac)) == .unknownKey)
        #expect(try await fault(token(header: ["alg": "ES256", "kid": "k2"])) == .unknownKey)
        #expect(try await fault(token(header: ["alg": "ES256", "kid": "k1", "crit": ["exp"]])) == .malformed)
        #expect(try await fault(token(header: ["alg": "ES256", "kid": 1])) == .malformed)
        #expect(try await fault(token(header: ["kid": "k1"])) == .malformed)
    }

    @Test func `a token that names no key is verified with the only one`() async throws {
        let unnamed = try token(header: ["alg": "ES256"])
        #expect(try await fault(unnamed) == nil)
        #expect(try await fault(unnamed, keys: keys(["k1", "k2"])) == .unknownKey)
        #expect(try await fault(unnamed, keys: ProviderKeys()) == .unknownKey)
    }

    @Test func `a changed or malformed token is refused`() async throws {
        let good = try token()
        let parts = good.split(separator: ".").map(String.init)
        let other = try token(["sub": "eve"]).split(separator: ".").map(String.init)
        #expect(try await fault("\(parts[0]).\(other[1]).\(parts[2])") == .signature)
        #expect(try await fault("\(parts[0]).\(parts[1]).\(other[2])") == .signature)
        #expect(try await fault("\(parts[0]).\(parts[1]).") == .signature)
        for text in [
            "", ".", "..", "a.b.c", "\(good).x", "\(parts[0]).\(parts[1])", "\(parts[1]).\(parts[0]).\(parts[2])",
            String(repeating: "a", count: 70_000),
        ] { #expect(try await fault(text) == .malformed, "\(text.prefix(20))") }
        let twice = Base64URL.encode(Array("{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"k1\"}".utf8))
        #expect(try await fault("\(twice).\(parts[1]).\(parts[2])") == .malformed)
    }

    @Test func `an access token must be there for its hash`() async throws {
        let hash = IDTokenVerifier.hash(of: "access", algorithm: "ES256")
        #expect(try await fault(token(["at_hash": .string(hash)]), accessToken: nil) == .accessTokenHash)
        #expect(try await fault(token(["at_hash": .string(hash)]), accessToken: "other") == .accessTokenHash)
    }
}
