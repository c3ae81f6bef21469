import Foundation
import JSONCoding
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// Logins with a real provider, oidc-provider-mock from PyPI.
@Suite struct RealProviderTests {
    /// Runs the provider for the length of the body.
    private func run(_ body: (_ issuer: String) async throws -> Void) async throws {
        let port = try TestCommand.freePort()
        let log = TestCommand.temporaryFile("oidc-provider.log")
        let user = #"{"sub": "ann", "name": "Ann Example", "email": "ann@example.com", "roles": ["arc-support"]}"#
        let process = try await ServerStart.run("oidc-provider-mock", log: log) {
            try TestCommand.server(
                [
                    try PythonPeer.program("oidc-provider-mock"), "--port", "\(port)", "--require-nonce", "true",
                    "--user-claims", user,
                ], log: log)
        } isReady: {
            (try? await TestHTTPClient(port: port).get("/.well-known/openid-configuration").status) == 200
        }
        defer {
            kill(process.processIdentifier, SIGTERM)
            try? FileManager.default.removeItem(at: log)
        }
        try await body("http://127.0.0.1:\(port)")
    }

    @Test func `an operator logs in with oidc-provider-mock`() async throws {
        try await run { issuer in
            let environment = [
                "OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "arc", "OIDC_CLIENT_SECRET": "secret",
                "OIDC_REDIRECT_URI": "http://127.0.0.1:3005/auth/callback",
                "OIDC_ROLE_MAPPING": #"{"arc-support": ["Support"]}"#, "LOGIN_MAX_ATTEMPTS": "1000000",
            ]
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                let (browser, url) = (TestBrowser(), stack.tenantManagement.url)
                let code = try await logIn(browser, url)
                let callback = try await browser.send("GET", "\(url)/auth/callback?\(code)").expect(302)
                #expect(callback.location == "/tenants")
                #expect(callback.setCookies.allSatisfy { $0.hasPrefix("arc-") && !$0.contains("Secure") }, "over http")
                let caller = try await browser.send("GET", "\(url)/auth/session").expect(200)
                #expect(caller.json["roles"] == ["Support"] && caller.json["session"]?["userName"] == "Ann Example")
                #expect(caller.json["userId"]?.stringValue.flatMap { Identifier($0) } != nil)
                try await browser.send("GET", "\(url)/tenants").expect(200)
                let csrf = ["x-csrf-token": try #require(browser.cookies["arc-csrf"])]
                try await browser.send("DELETE", "\(url)/tenants/\(WalkTests.unknown)", headers: csrf).expect(403)

                // The provider has taken the code back, and the state was used.
                let again = try await browser.send("GET", "\(url)/auth/callback?\(code)").expect(400)
                #expect(again.response.errorCode == "LOGIN_STATE_INVALID")
                let denied = try await logIn(browser, url, form: [("action", "deny")])
                let refused = try await browser.send("GET", "\(url)/auth/callback?\(denied)")
                #expect(refused.status == 403 || refused.status == 400, "without a state nobody can tell whose it was")

                let logout = try await browser.send("POST", "\(url)/auth/logout", headers: csrf).expect(200)
                #expect(
                    logout.json["providerLogoutUrl"]?.stringValue?.hasPrefix("\(issuer)/oauth2/end_session?") == true)
                try await browser.send("GET", "\(url)/tenants").expect(401)
            }
        }
    }

    /// Logs in at the provider.
    /// - Returns: The query with which it sends the browser back.
    private func logIn(
        _ browser: TestBrowser, _ url: String, form: [(name: String, value: String)] = [("sub", "ann")]
    ) async throws -> String {
        let start = try await browser.send("GET", "\(url)/auth/login?returnTo=/tenants").expect(302)
        let provider = try #require(start.location)
        try await browser.send("GET", provider).expect(200)
        let end = try await browser.send("POST", provider, form: form).expect(302)
        let location = try #require(end.location)
        #expect(location.hasPrefix("http://127.0.0.1:3005/auth/callback?"))
        return String(try #require(location.split(separator: "?", maxSplits: 1).last))
    }
}
