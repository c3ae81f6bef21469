import JSONCoding
import JWTKit
import Testing

@testable import ServiceKit

@Suite
struct KeySetTests {
    private let signer = ES256PrivateKey()

    private func key(_ changes: [String: JSONValue?] = [:]) throws -> JSONObject {
        let parameters = try #require(signer.parameters)
        var key: JSONObject = [
            "kty": "EC", "crv": "P-256", "kid": "k", "x": .string(parameters.x), "y": .string(parameters.y),
        ]
        for (name, value) in changes { key[name] = value }
        return key
    }

    private func contents(_ keys: [JSONValue]) async throws -> KeySet.Contents {
        try await KeySet.contents((["keys": .array(keys)] as JSONValue).serialized())
    }

    @Test func `a key for signatures is used`() async throws {
        let usable: [[String: JSONValue?]] = [
            [:], ["use": "sig"], ["key_ops": ["verify"]], ["key_ops": ["sign", "verify"]], ["alg": "ES256"],
            ["ext": true, "x5t": "abc", "nobody": .null],
        ]
        for changes in usable {
            let contents = try await contents([.object(try key(changes))])
            #expect(contents.keys.map(\.algorithm) == ["ES256"] && contents.skipped == 0, "\(changes)")
        }
    }

    @Test func `unknown, foreign and broken keys are skipped and the rest is used`() async throws {
        let unusable: [JSONValue] = [
            .object(try key(["use": "enc"])), .object(try key(["use": .null])), .object(try key(["use": ["sig"]])),
            .object(try key(["key_ops": ["sign"]])), .object(try key(["key_ops": []])),
            .object(try key(["key_ops": "verify"])), .object(try key(["key_ops": .null])),
            .object(try key(["alg": "ECDH-ES"])), .object(try key(["alg": "RS256"])),
            .object(try key(["alg": "HS256"])),
            .object(try key(["alg": .null])), .object(try key(["alg": 1])),
            .object(try key(["kid": nil])), .object(try key(["kid": .null])), .object(try key(["kid": 7])),
            .object(try key(["kid": ["k"]])), .object(try key(["x": nil])), .object(try key(["x": 1])),
            .object(try key(["x": "AAAA"])), .object(try key(["crv": "secp256k1"])), .object(try key(["crv": nil])),
            ["kty": "OKP", "crv": "X25519", "kid": "a", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"],
            ["kty": "OKP", "crv": "Ed448", "kid": "b", "x": "AAAA"],
            ["kty": "OKP", "crv": "Ed25519", "kid": "c", "x": "AA"],
            ["kty": "AKP", "alg": "ML-DSA-44", "kid": "d", "pub": "AAAA"],
            ["kty": "oct", "kid": "e", "k": "c2VjcmV0", "alg": "HS256"], ["kty": "oct", "kid": "f", "k": "c2VjcmV0"],
            ["kty": "RSA", "kid": "g", "n": "AQAB", "e": "AQAB"], ["kty": "RSA", "kid": "h", "e": "AQAB"],
            ["kty": "future", "kid": "i"], ["kid": "j"], [:], .null, 1, "key", [],
        ]
        let contents = try await contents(unusable + [.object(try key(["kid": "good"]))])
        #expect(contents.keys.map(\.identifier) == ["good"])
        #expect(contents.skipped == unusable.count)
    }

    @Test(arguments: ["", "[]", "{}", #"{"keys": {}}"#, #"{"keys": null}"#, "<html>"])
    func `anything but a key set is an error`(_ text: String) async {
        await #expect(throws: (any Error).self) { try await KeySet.contents(Array(text.utf8)) }
    }

    @Test func `a name leads to the key with the token's algorithm`() async throws {
        // RFC 8037 appendix A.2.
        let edwards = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        let set = KeySet(
            try await contents([
                .object(try key()), ["kty": "OKP", "crv": "Ed25519", "kid": "k", "x": .string(edwards)],
            ]).keys)
        #expect(set.count == 2)
        guard case .key(let first) = set.choose("k", algorithm: "EdDSA") else { return #expect(Bool(false)) }
        #expect(first.algorithm == "EdDSA")
        guard case .otherAlgorithm = set.choose("k", algorithm: "HS256") else { return #expect(Bool(false)) }
        guard case .unknown = set.choose("other", algorithm: "ES256") else { return #expect(Bool(false)) }
        guard case .unknown = set.choose(nil, algorithm: "ES256") else { return #expect(Bool(false)) }
    }
}
