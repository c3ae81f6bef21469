import Crypto
import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import ServiceKit
import Testing

@testable import Subscription

/// Which keys sign and are published.
@Suite struct EntitlementKeyringTests {
    private static func at(_ hours: Int64) -> Timestamp { Timestamp(seconds: hours * 3600) }

    private static func key(_ hours: Int64) -> EntitlementKey { .make(signsFrom: at(hours)) }

    @Test func `a key signs from its time on, until the next one does`() {
        let (first, second) = (Self.key(10), Self.key(20))
        let ring = EntitlementKeyring([second, first])
        #expect(ring.signing(at: Self.at(0))?.id == first.id && ring.signing(at: Self.at(19))?.id == first.id)
        #expect(ring.signing(at: Self.at(20))?.id == second.id && EntitlementKeyring([]).signing(at: Self.at(0)) == nil)
    }

    @Test func `the next key is published an hour before it signs, and a former one until its tokens are over`() {
        let (first, second) = (Self.key(0), Self.key(24))
        let day = Duration.seconds(86_400)
        #expect(EntitlementKeyring([]).needsNext(at: Self.at(0), rotation: day))
        #expect(!EntitlementKeyring([first]).needsNext(at: Self.at(22), rotation: day))
        #expect(EntitlementKeyring([first]).needsNext(at: Self.at(23), rotation: day))
        #expect(!EntitlementKeyring([first, second]).needsNext(at: Self.at(23), rotation: day))
        #expect(EntitlementKeyring([first, second]).ended(at: Self.at(25)).isEmpty)
        #expect(EntitlementKeyring([first, second]).ended(at: Self.at(26)).map(\.id) == [first.id])
    }

    /// RFC 8037, appendix A.
    @Test func `keys have the thumbprint and the members of the standard`() throws {
        let secret = try #require(Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        let key = try #require(EntitlementKey(secret: secret, signsFrom: Self.at(0)))
        #expect(key.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        var writer = JSONWriter()
        key.write(to: &writer)
        let members = try JSONValue.parse(writer.bytes)
        #expect(members["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" && members["kty"] == "OKP")
    }

    @Test func `the setting has keys in Base64, of which the first signs`() throws {
        let secrets = (0..<2).map { _ in Data(SecureRandom.bytes(32)).base64EncodedString() }
        let keys = try #require(EntitlementKey.keys(in: secrets.joined(separator: ", ")))
        let ring = EntitlementKeyring(keys)
        #expect(ring.keys.count == 2 && ring.signing(at: Timestamp(seconds: 1_800_000_000))?.id == keys[0].id)
        for wrong in ["", "x", "AAAA", secrets[0] + ","] { #expect(EntitlementKey.keys(in: wrong) == nil) }
    }
}

extension ServiceTests {
    @Suite struct EntitlementTokens {
        /// The claims of a token whose signature one of the published keys confirms.
        private static func claims(_ token: String, _ keys: JSONValue) throws -> JSONValue {
            let parts = token.split(separator: ".")
            try #require(parts.count == 3)
            let header = try JSONValue.parse(try #require(Base64URL.decode(parts[0])))
            #expect(header["alg"] == "EdDSA" && header["typ"] == "entitlement+jwt")
            let key = try #require(keys["keys"]?.arrayValue?.first { $0["kid"] == header["kid"] })
            let x = try #require(key["x"]?.stringValue)
            let publicKey = try Curve25519.Signing.PublicKey(rawRepresentation: try #require(Base64URL.decode(x[...])))
            let signature = try #require(Base64URL.decode(parts[2]))
            #expect(publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8)))
            return try JSONValue.parse(try #require(Base64URL.decode(parts[1])))
        }

        @Test func `a token says what a tenant has, and the published keys confirm it`() async throws {
            try await TestService.run { service in
                try await service.limited("calls", to: "100")
                _ = try await service.feature("sso")
                _ = try await service.use(TestService.event("1", "calls", "30"))
                let user = try await service.token(tenant: TestService.tenantA)
                let path = "\(TestService.entitlements)/token"
                let issued = try await service.send("POST", path, [:], token: user)
                #expect(
                    issued.status == 200 && issued.json["expiresOn"] == "2026-01-31T10:05:00.000Z", "\(issued.text)")
                let token = try #require(issued.json["token"]?.stringValue)
                let keys = try await service.send("GET", "/.well-known/jwks.json", token: "")
                #expect(keys.status == 200 && keys.json["keys"]?.arrayValue?.count == 1, "\(keys.text)")
                let claims = try Self.claims(token, keys.json)
                #expect(
                    claims["sub"]?.stringValue == TestService.tenantA.description && claims["aud"] == "entitlements")
                #expect(claims["exp"] == 1_769_853_900 && claims["iat"] == 1_769_853_600)
                #expect(
                    claims["features"] == [
                        "calls": ["on": true, "source": "override", "value": "100", "limit": "100", "left": "70"],
                        "sso": ["on": false, "source": "default"],
                    ])
                // It opens nothing here.
                #expect(try await service.send("GET", TestService.entitlements, token: token).status == 401)
                let one = try await service.send("POST", path, ["features": ["sso"]])
                let only = try Self.claims(one.json["token"]?.stringValue ?? "", keys.json)["features"]?.objectValue
                #expect(only?.keys == ["sso"])
                let wrong = try await service.send("POST", path, ["features": ["sso", "nothing"]])
                #expect(wrong.status == 422 && wrong.violations == ["/features/1: exists"], "\(wrong.text)")
                let other = try await service.token(tenant: TestService.tenantB)
                #expect(try await service.send("POST", path, [:], token: other).status == 404)
                let sealed = try await service.database.texts("SELECT k::text FROM main.signing_keys AS k")
                #expect(sealed.count == 1)
                // While they cannot be read, the known keys are published, for as long as a new one is before it signs.
                try await service.database.query("ALTER TABLE main.signing_keys RENAME TO hidden_keys")
                service.clock.advance(by: .seconds(120))
                let known = try await service.send("GET", "/.well-known/jwks.json", token: "")
                #expect(known.status == 200 && known.json == keys.json, "\(known.text)")
                service.clock.advance(by: .seconds(3600))
                #expect(try await service.send("GET", "/.well-known/jwks.json", token: "").status == 500)
            }
        }

        @Test func `keys of the configuration sign, and nothing is stored`() async throws {
            let secret = Data(SecureRandom.bytes(32)).base64EncodedString()
            try await TestService.run(environment: ["ENTITLEMENT_SIGNING_KEYS": secret]) { service in
                _ = try await service.feature("sso")
                try await service.override("sso", "on")
                let keys = try await service.send("GET", "/.well-known/jwks.json", token: "").json
                #expect(keys["keys"]?[0]?["kid"]?.stringValue == EntitlementKey.keys(in: secret)?.first?.id)
                let issued = try await service.send("POST", "\(TestService.entitlements)/token", [:])
                #expect(
                    try Self.claims(issued.json["token"]?.stringValue ?? "", keys)["features"]?["sso"]?["on"] == true)
                #expect(try await service.database.count("SELECT count(*) FROM main.signing_keys") == 0)
            }
        }

        @Test func `several nodes make one first key, and rotation overlaps`() async throws {
            try await TestService.run { service in
                try await service.database.withPool(user: "subscription_app", connections: 4) { pool in
                    let repository = EntitlementKeyRepository(
                        pool: pool, sealer: Sealer(secret: "a secret of the test", purpose: "entitlement-keys"))
                    func node() -> EntitlementKeys {
                        EntitlementKeys(
                            configured: nil, repository: repository, rotation: .seconds(86_400), clock: service.clock,
                            logger: testLogger)
                    }
                    let rings = try await withThrowingTaskGroup(of: [String].self) { group in
                        for _ in 0..<4 { group.addTask { try await node().ring().keys.map(\.id) } }
                        return try await group.reduce(into: Set<[String]>()) { $0.insert($1) }
                    }
                    #expect(rings.count == 1 && rings.first?.count == 1)
                    let first = rings.first?.first
                    service.clock.advance(by: .seconds(23 * 3600))
                    for _ in 0..<2 { await node().rotate() }
                    let published = try await node().ring()
                    #expect(published.keys.count == 2 && published.signing(at: service.clock.now())?.id == first)
                    service.clock.advance(by: .seconds(3600))
                    let next = try await node().ring().signing(at: service.clock.now())?.id
                    #expect(next != first)
                    service.clock.advance(by: .seconds(2 * 3600))
                    await node().rotate()
                    #expect(try await node().ring().keys.map(\.id) == [next])
                }
            }
        }
    }
}
