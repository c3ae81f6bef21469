import Crypto
import FoundationEssentials
import JSONCoding
import Primitives
import ServiceKit

/// A key that entitlement tokens are signed with (Ed25519).
struct EntitlementKey: Sendable {
    /// The thumbprint of the key (RFC 7638): `kid`.
    let id: String
    /// When it begins to sign; it is published before.
    let signsFrom: Timestamp
    private let key: Curve25519.Signing.PrivateKey

    init(_ key: Curve25519.Signing.PrivateKey, signsFrom: Timestamp) {
        self.key = key
        self.signsFrom = signsFrom
        // The members of the key that the thumbprint is of, in their order.
        let members = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Self.text(key))"}"#
        id = Base64URL.encode(Array(SHA256.hash(data: Data(members.utf8))))
    }

    /// A new key.
    static func make(signsFrom: Timestamp) -> EntitlementKey {
        EntitlementKey(Curve25519.Signing.PrivateKey(), signsFrom: signsFrom)
    }

    /// The key of 32 secret bytes; nil for others.
    init?(secret: [UInt8], signsFrom: Timestamp) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret) else { return nil }
        self.init(key, signsFrom: signsFrom)
    }

    /// The keys of a setting: Base64, separated by commas; nil if one of them is none. The first one signs.
    static func keys(in text: String) -> [EntitlementKey]? {
        var keys: [EntitlementKey] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            guard let bytes = Data(base64Encoded: String(trimmed)),
                // The later one signs, see ``EntitlementKeyring``.
                let key = EntitlementKey(secret: Array(bytes), signsFrom: Timestamp(seconds: -Int64(keys.count)))
            else { return nil }
            keys.append(key)
        }
        return keys.isEmpty ? nil : keys
    }

    /// What is sealed.
    var secret: [UInt8] { Array(key.rawRepresentation) }
    var publicBytes: [UInt8] { Array(key.publicKey.rawRepresentation) }

    private static func text(_ key: Curve25519.Signing.PrivateKey) -> String {
        Base64URL.encode(Array(key.publicKey.rawRepresentation))
    }

    /// The signed token of claims.
    /// - Throws: When the key cannot sign.
    func token(_ claims: JSONObject) throws -> String {
        let header: JSONObject = ["alg": "EdDSA", "kid": .string(id), "typ": "entitlement+jwt"]
        let message = [header, claims].map { Base64URL.encode(JSONValue.object($0).serialized()) }.joined(
            separator: ".")
        return "\(message).\(Base64URL.encode(Array(try key.signature(for: Data(message.utf8)))))"
    }

    /// The public key as JSON Web Key (RFC 8037).
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("kty", "OKP")
        writer.member("crv", "Ed25519")
        writer.member("x", Self.text(key))
        writer.member("kid", id)
        writer.member("alg", "EdDSA")
        writer.member("use", "sig")
        writer.endObject()
    }
}
