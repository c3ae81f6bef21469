import Crypto
import Primitives
import Testing

@testable import AWS

/// The published test suite of Signature Version 4 and the examples of its documentation.
@Suite struct SignatureVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "GET"
        var path = "/"
        var query = ""
        var headers: [(name: String, value: String)] = []
        var body = ""
        var pathStyle = CanonicalRequest.PathStyle.encodedAgain
        let signature: String

        var testDescription: String { name }
    }

    private static let letters = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    static let vectors: [Vector] = [
        Vector(name: "vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            name: "relative path", path: "/example1/example2/../..",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            name: "empty path", path: "", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        Vector(
            name: "slashes", path: "//example//",
            signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
        Vector(
            name: "UTF-8 in a path", path: "/%E1%88%B4", pathStyle: .asSent,
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        Vector(
            name: "a space in a path", path: "/example%20space/", pathStyle: .asSent,
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
        Vector(
            name: "unreserved characters", path: "/\(letters)", pathStyle: .asSent,
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        Vector(
            name: "order of names of a query", query: "Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        Vector(
            name: "order of letters in values of a query", query: "Param1=value2&Param1=Value1",
            signature: "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"),
        Vector(
            name: "order of repeated parameters", query: "Param1=value2&Param1=value1",
            signature: "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"),
        Vector(
            name: "UTF-8 in a query", query: "%E1%88%B4=bar",
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        Vector(
            name: "repeated headers",
            headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        Vector(
            name: "white space in headers", headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        Vector(
            name: "POST", method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        Vector(
            name: "a form", method: "POST", headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ]

    private static let credentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: nil,
        expiration: nil)

    private static func authorization(_ vector: Vector, service: String, host: String) throws -> String {
        let signature = SignatureV4(region: "us-east-1", service: service, pathStyle: vector.pathStyle)
        let request = SignableRequest(
            method: vector.method, path: vector.path, query: vector.query,
            headers: [("Host", host)] + vector.headers, body: Array(vector.body.utf8))
        let now = try #require(Timestamp(iso8601: "2015-08-30T12:36:00Z"))
        let headers = signature.headers(signing: request, with: credentials, at: now)
        return try #require(headers.first { $0.name == "authorization" }?.value)
    }

    @Test(arguments: vectors) func `a published request has its published signature`(_ vector: Vector) throws {
        let authorization = try Self.authorization(vector, service: "service", host: "example.amazonaws.com")
        #expect(authorization.hasSuffix("Signature=\(vector.signature)"))
    }

    @Test func `the example of the documentation has its signature`() throws {
        let vector = Vector(
            name: "ListUsers", query: "Action=ListUsers&Version=2010-05-08",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
        #expect(
            try Self.authorization(vector, service: "iam", host: "iam.amazonaws.com")
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date, Signature=\(vector.signature)")
    }

    @Test func `the key of a day is the published one, and another day, region or secret has another key`() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
        let cache = SigningKeyCache()
        let key = cache.key(secret: secret, day: "20150830", region: "us-east-1", service: "iam")
        let text = key.withUnsafeBytes { Hex.encode($0) }
        #expect(text == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9")
        #expect(key == cache.key(secret: secret, day: "20150830", region: "us-east-1", service: "iam"))
        #expect(key != cache.key(secret: secret, day: "20150831", region: "us-east-1", service: "iam"))
        #expect(key != cache.key(secret: "another", day: "20150831", region: "us-east-1", service: "iam"))
        #expect(key != cache.key(secret: secret, day: "20150830", region: "eu-west-1", service: "iam"))
        #expect(key == cache.key(secret: secret, day: "20150830", region: "us-east-1", service: "iam"))
    }
}
