import Primitives
import Sealing
import Testing

@testable import ServiceKit

@Suite struct SessionTokenTests {
    @Test func `tokens have 256 random bits and are stored as digests`() throws {
        let tokens = (0..<1000).map { _ in SessionToken() }
        #expect(Set(tokens.map(\.text)).count == 1000)
        let token = tokens[0]
        #expect(token.text.utf8.count == 64 && Hex.decode(token.text)?.count == 32)
        #expect(token.digest != token.text && token.digest.utf8.count == 64)
        #expect(try #require(SessionToken(token.text)).digest == token.digest)
        #expect("\(token)" == "<session token>")
    }

    @Test(arguments: [
        "", "x", String(repeating: "a", count: 63), String(repeating: "a", count: 65),
        String(repeating: "A", count: 64),
        String(repeating: "g", count: 64), String(repeating: "é", count: 32), String(repeating: " ", count: 64),
        "\"" + String(repeating: "a", count: 62) + "\"",
    ])
    func `other texts are no tokens`(text: String) {
        #expect(SessionToken(text) == nil)
    }

    @Test func `a token against other sites is good for its session only`() {
        let keys = EncryptionKeys(current: "one", others: ["two"])
        let csrf = CrossSiteTokens(keys: keys)
        let (session, other) = (SessionToken(), SessionToken())
        let token = csrf.token(of: session)
        #expect(csrf.isToken(token, of: session))
        #expect(!csrf.isToken(token, of: other))
        for text in ["", "x", session.text, String(token.dropLast()), token + "00", token.replacing("a", with: "b")]
        where text != token {
            #expect(!csrf.isToken(text, of: session))
        }
        #expect(CrossSiteTokens(keys: EncryptionKeys(current: "two", others: ["one"])).isToken(token, of: session))
        #expect(!CrossSiteTokens(keys: EncryptionKeys(current: "two")).isToken(token, of: session))
    }

    @Test func `cookies are for this host, over https, and unreadable for scripts`() {
        let cookies = SessionCookies(isSecure: true)
        #expect(
            cookies.setting(cookies.session, to: "x", for: .seconds(60))
                == "__Host-arc-session=x; Path=/; Max-Age=60; SameSite=Lax; Secure; HttpOnly")
        #expect(
            cookies.setting(cookies.csrf, to: "x", for: .seconds(60), isReadable: true)
                == "__Host-arc-csrf=x; Path=/; Max-Age=60; SameSite=Lax; Secure")
        #expect(cookies.removing(cookies.login).hasPrefix("__Host-arc-login=; Path=/; Max-Age=0;"))
        let development = SessionCookies(isSecure: false)
        #expect(
            development.setting(development.session, to: "x", for: .seconds(60))
                == "arc-session=x; Path=/; Max-Age=60; SameSite=Lax; HttpOnly")
    }

    @Test func `a session is stored and read without loss`() throws {
        let session = Session(
            id: .v4(), userID: "ann", userName: "Ann \u{1F600}", roles: ["Operator"], permissions: ["1", "2"],
            userAgent: nil, address: "127.0.0.1", startedAt: Timestamp(microseconds: 1_795_000_000_123_456),
            lifetime: .seconds(3600), idleLifetime: .seconds(600))
        let read = try #require(Session(stored: session.stored, lastSeenAt: session.lastSeenAt))
        #expect(read == session)
        #expect(session.isActive(at: session.startedAt.adding(.seconds(599))))
        #expect(!session.isActive(at: session.startedAt.adding(.seconds(600))))
        var used = session
        used.lastSeenAt = session.startedAt.adding(.seconds(3500))
        #expect(used.expiresAt == session.endsAt)
        for text in ["", "{}", "[]", "null", "{\"id\":1}"] {
            #expect(Session(stored: Array(text.utf8), lastSeenAt: session.startedAt) == nil)
        }
    }
}
