import Crypto
import CryptoExtras
import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import ServicePlatform
import StackTestSupport
import TenantManagement
import Testing

/// Tokens of identity providers, whose keys are read from a key set.
extension TokenTests {
    @Test func `key sets rotate and pin their algorithms`() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("jwks-\(Identifier.v4()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let curve = P256.Signing.PrivateKey()
        let edwards = Curve25519.Signing.PrivateKey()
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let primitives = try rsa.publicKey.getKeyPrimitives()
        let point = Array(curve.publicKey.rawRepresentation)
        let ec: JSONValue = [
            "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
            "x": .string(Self.base64URL(Array(point[..<32]))), "y": .string(Self.base64URL(Array(point[32...]))),
        ]
        let ed: JSONValue = [
            "kty": "OKP", "crv": "Ed25519", "kid": "ed",
            "x": .string(Self.base64URL(Array(edwards.publicKey.rawRepresentation))),
        ]
        let rs: JSONValue = [
            "kty": "RSA", "kid": "rs", "alg": "RS256", "n": .string(Self.base64URL(Array(primitives.modulus))),
            "e": .string(Self.base64URL(Array(primitives.publicExponent))),
        ]
        try Data((["keys": [ec, ed, rs]] as JSONValue).serialized()).write(to: file)

        let byCurve = { (kid: String) in
            try Self.token(header: ["alg": "ES256", "kid": .string(kid)], claims: Self.with()) {
                Array(try curve.signature(for: $0).rawRepresentation)
            }
        }
        let byEdwards = try Self.token(header: ["alg": "EdDSA", "kid": "ed"], claims: Self.with()) {
            Array(try edwards.signature(for: $0))
        }
        let byRSA = { (claims: JSONValue) in
            try Self.token(header: ["alg": "RS256", "kid": "rs"], claims: claims) {
                Array(try rsa.signature(for: SHA256.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation)
            }
        }
        let environment = ["JWT_JWKS_FILE": file.path, "JWT_JWKS_REFRESH_SECONDS": "1"]
        try await TestStack.run([.tenantManagement], environment: environment) { stack in
            func status(_ token: String) async throws -> Int {
                try await stack.tenantManagement.get("/tenants", token: token).status
            }
            try await eventually("the key set is read") { try await status(byCurve("ec")) == 200 }
            #expect(try await status(byEdwards) == 200)
            #expect(try await status(byRSA(Self.with())) == 200)
            #expect(try await status(Self.shared(Self.with())) == 200, "the shared secret stays valid beside it")
            #expect(try await status(byRSA(Self.with(("iss", "other")))) == 401)
            #expect(try await status(byRSA(Self.with(("exp", .integer(Self.now - 5))))) == 401)
            #expect(try await status(byCurve("rs")) == 401, "a key of another name")
            #expect(try await status(byCurve("nobody")) == 401)
            for key in [Array(rsa.publicKey.pemRepresentation.utf8), Array(rsa.publicKey.derRepresentation), point] {
                for kid in ["rs", "ec"] {
                    let confused = Self.token(
                        header: ["alg": "HS256", "kid": .string(kid)], claims: Self.with(), sign: Self.hmac(key))
                    #expect(try await status(confused) == 401, "a public key as HMAC secret")
                }
            }
            #expect(
                try await status(Self.shared(Self.with(), header: ["alg": "HS256", "kid": "rs"])) == 401,
                "the algorithm is the key's")

            let renamed = ec.replacing(["kid"], with: "ec-2")
            try Data((["keys": [renamed]] as JSONValue).serialized()).write(to: file)
            try await eventually("the new key is known") { try await status(byCurve("ec-2")) == 200 }
            #expect(try await status(byCurve("ec")) == 401)
            #expect(
                try await status(byEdwards) == 401, "a removed key stops working although its token was verified before"
            )
            try Data("broken".utf8).write(to: file)
            try await eventually("the broken file is noticed") {
                try await stack.tenantManagement.get("/health/ready").json["checks"]?["keySet"] == "stale"
            }
            #expect(try await status(byCurve("ec-2")) == 200, "a broken file leaves the keys in force")
        }
    }

    @Test func `a service without the keys of its provider is not ready and looks again`() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("jwks-\(Identifier.v4()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let signer = P256.Signing.PrivateKey()
        let point = Array(signer.publicKey.rawRepresentation)
        let key: JSONValue = [
            "kty": "EC", "crv": "P-256", "kid": "ec",
            "x": .string(Self.base64URL(Array(point[..<32]))), "y": .string(Self.base64URL(Array(point[32...]))),
        ]
        let unknown: JSONValue = ["kty": "AKP", "alg": "ML-DSA-44", "kid": "future", "pub": "AAAA"]
        let token = try Self.token(header: ["alg": "ES256", "kid": "ec"], claims: Self.with()) {
            Array(try signer.signature(for: $0).rawRepresentation)
        }
        try await TestStack.run([.tenantManagement]) { stack in
            let reader = try stack.reader(.tenantManagement, ["JWT_JWKS_FILE": file.path])
            let node = try await RunningService.start(
                try await TenantManagementApp.make(reader: reader, logger: testLogger))
            do {
                let before = try await node.client.get("/health/ready").expect(503)
                #expect(before.json["checks"]?["keySet"] == "down")
                try await node.client.get("/tenants", token: token).expect(401)
                try Data((["keys": [unknown, key]] as JSONValue).serialized()).write(to: file)
                // Long before the interval of 300 seconds.
                try await eventually("the keys are read") { try await node.client.get("/health/ready").status == 200 }
                try await node.client.get("/tenants", token: token).expect(200)
            } catch {
                await node.stop()
                throw error
            }
            await node.stop()
        }
    }
}
