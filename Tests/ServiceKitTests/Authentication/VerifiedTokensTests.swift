import JSONCoding
import Primitives
import Testing

@testable import ServiceKit

@Suite
struct VerifiedTokensTests {
    private let now = Timestamp(seconds: 1000)

    private func identity() throws -> Identity {
        try Identity(
            claims: TokenClaims(["id": "u"]), configuration: TokenConfiguration(secret: "s", issuer: nil))
    }

    @Test func `a token is remembered until it is no longer valid`() throws {
        var tokens = VerifiedTokens()
        tokens.insert("t", try identity(), validUntil: now.adding(.seconds(5)))
        #expect(tokens.identity(of: "t", now: now)?.id == "u")
        #expect(tokens.identity(of: "t", now: now.adding(.seconds(5))) == nil)
        #expect(tokens.identity(of: "u", now: now) == nil)
    }

    @Test func `long tokens take no more memory than short ones`() throws {
        let identity = try identity()
        for length in [100, 16 * 1024] {
            var tokens = VerifiedTokens()
            let tail = String(repeating: "x", count: length)
            for number in 0..<40_000 {
                tokens.insert("\(number)\(tail)", identity, validUntil: now.adding(.seconds(5)))
            }
            #expect(tokens.size <= VerifiedTokens.capacity)
            #expect(tokens.count > 0)
        }
    }

    @Test func `a token that is verified again is counted once`() throws {
        var tokens = VerifiedTokens()
        for _ in 0..<3 { tokens.insert("t", try identity(), validUntil: now.adding(.seconds(5))) }
        let size = tokens.size
        tokens.removeAll()
        #expect(size > 0 && tokens.size == 0 && tokens.count == 0)
    }
}
