import Primitives
import Sealing
import ServiceKit
import Testing

@testable import TenantManagement

@Suite struct LoginAttemptTests {
    private static let now = Timestamp(seconds: 1_795_000_000)
    private let sealer = Sealer(secret: "a secret", purpose: "login")

    @Test func `a login survives its way through the browser`() throws {
        let browser = BrowserSecret()
        let attempt = LoginAttempt(
            browser: browser, returnPath: try #require(ReturnPath("/tenants?a=b")), now: Self.now)
        let state = try attempt.state(sealer)
        #expect(state.utf8.count < 2000 && state.utf8.allSatisfy { PercentEncoding.isUnreserved($0) })
        let read = try #require(LoginAttempt(state: state, sealer, now: Self.now))
        #expect(read == attempt)
        #expect(read.belongs(to: browser) && !read.belongs(to: BrowserSecret()))
        #expect(try #require(BrowserSecret(browser.text)).digest == browser.digest)
        for part in [attempt.nonce, attempt.proofKey.verifier, browser.text, "tenants"] {
            #expect(!state.contains(part))
        }
        let another = LoginAttempt(browser: browser, returnPath: .home, now: Self.now)
        #expect(another.nonce != attempt.nonce && another.proofKey != attempt.proofKey)
    }

    @Test func `a login is over after ten minutes`() throws {
        let attempt = LoginAttempt(browser: BrowserSecret(), returnPath: .home, now: Self.now)
        let state = try attempt.state(sealer)
        #expect(LoginAttempt(state: state, sealer, now: Self.now.adding(.seconds(599))) != nil)
        #expect(LoginAttempt(state: state, sealer, now: Self.now.adding(.seconds(600))) == nil)
    }

    @Test func `a state that was not made here is refused`() throws {
        let state = try LoginAttempt(browser: BrowserSecret(), returnPath: .home, now: Self.now).state(sealer)
        let other = Sealer(secret: "another secret", purpose: "login")
        #expect(LoginAttempt(state: state, other, now: Self.now) == nil)
        #expect(LoginAttempt(state: state, Sealer(secret: "a secret", purpose: "other"), now: Self.now) == nil)
        let foreign = Base64URL.encode(try sealer.seal(Array("{}".utf8), label: "state"))
        let changed = String(state.dropLast(4)) + (state.hasSuffix("AAAA") ? "BBBB" : "AAAA")
        for text in ["", "x", "{}", foreign, changed, state + "A", String(repeating: "A", count: 5000), "é"] {
            #expect(LoginAttempt(state: text, sealer, now: Self.now) == nil)
        }
    }

    @Test(arguments: ["", "x", String(repeating: "g", count: 64), String(repeating: "a", count: 65)])
    func `another cookie is no secret of a browser`(text: String) {
        #expect(BrowserSecret(text) == nil)
    }
}
