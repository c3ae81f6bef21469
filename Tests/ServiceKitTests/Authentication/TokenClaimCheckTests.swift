import HTTPTypes
import JSONCoding
import JWTKit
import Primitives
import Testing

@testable import ServiceKit

@Suite
struct TokenClaimCheckTests {
    private static let now = 1_800_000_000
    private let clock = ManualClock(Timestamp(seconds: Int64(now)))

    private func status(_ claims: JSONObject, audience: String? = nil) async throws -> Int {
        let verifier = await TokenVerifier(
            configuration: TokenConfiguration(secret: "secret", issuer: "test", audience: audience), clock: clock)
        let keys = JWTKeyCollection()
        await keys.add(hmac: .sharedSecret("secret"), digestAlgorithm: .sha256)
        var all: JSONObject = ["id": "u", "iss": "test"]
        for (name, value) in claims { all[name] = value }
        let token = try await keys.sign(AnyPayload(value: .object(all)))
        do {
            _ = try await verifier.verify(token)
            return 200
        } catch let failure as HTTPFailure {
            return failure.status.code
        }
    }

    @Test(arguments: ["exp", "nbf"]) func `a time of an unexpected type is refused`(_ name: String) async throws {
        let values: [JSONValue] = [.null, "tomorrow", "1900000000", true, [:], [1_900_000_000], [], .double(1e13)]
        for value in values { #expect(try await status([name: value]) == 401, "\(name) \(value)") }
        #expect(try await status(["exp": .integer(Self.now + 1), "nbf": .integer(Self.now - 1)]) == 200)
    }

    @Test func `the end of a password is never overlooked`() async throws {
        for value in IdentityTests.oddValues + ["", "soon", "2020-01-01T00:00:00.000Z", ["2020-01-01T00:00:00.000Z"]] {
            #expect(try await status(["passwordExpiryTime": value]) == 401, "\(value)")
        }
        for value: JSONValue in ["2030-01-01T00:00:00.000Z", ["2030-01-01T00:00:00.000Z"]] {
            #expect(try await status(["passwordExpiryTime": value]) == 200, "\(value)")
        }
    }

    @Test func `an issuer is one text`() async throws {
        for value: JSONValue in [["test"], .null, 1, [:], "other"] {
            #expect(try await status(["iss": value]) == 401, "\(value)")
        }
    }

    @Test func `a required audience must be named`() async throws {
        for value: JSONValue in ["arc", ["arc"], ["other", "arc"]] {
            #expect(try await status(["aud": value], audience: "arc") == 200, "\(value)")
        }
        let refused: [JSONValue] = [
            "other", ["other"], [], "", "arc ", "ARC", .null, 1, true, ["arc": "arc"], ["arc", 1], ["arc", .null],
            [["arc"]],
        ]
        for value in refused { #expect(try await status(["aud": value], audience: "arc") == 401, "\(value)") }
        #expect(try await status([:], audience: "arc") == 401)
        // Swift compares these two texts as equal.
        #expect(try await status(["aud": "\u{212A}it"], audience: "Kit") == 401)
        #expect(try await status(["aud": "other"]) == 200, "no audience is required")
    }

    @Test func `tokens that are issued here name the audience`() async throws {
        let issuer = await TokenIssuer(secret: "secret", issuer: "test", audience: "arc", clock: clock)
        let token = try await issuer.issue(TokenIssuer.Claims(id: "u", permissions: []), lifetime: .seconds(5))
        let verifier = await TokenVerifier(
            configuration: TokenConfiguration(secret: "secret", issuer: "test", audience: "arc"), clock: clock)
        #expect(try await verifier.verify(token).id == "u")
    }
}

/// Signs any JSON.
struct AnyPayload: JWTPayload {
    let value: JSONValue

    init(value: JSONValue) { self.value = value }
    init(from decoder: any Decoder) throws { value = .null }

    func verify(using algorithm: some JWTAlgorithm) async throws {}

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for (name, member) in members {
                try container.encode(AnyPayload(value: member), forKey: Key(stringValue: name))
            }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(AnyPayload(value: element)) }
        case .string(let text): try single(text, encoder)
        case .bool(let flag): try single(flag, encoder)
        case .number(let number): try single(number.double, encoder)
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        }
    }

    private func single(_ value: some Encodable, _ encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
