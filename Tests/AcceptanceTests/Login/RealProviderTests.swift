import JSONCoding
import Primitives
import StackTestSupport
import Testing

/// Logins with a real provider.
@Suite struct RealProviderTests {
    @Test func `an operator logs in with oidc-provider-mock`() async throws {
        try await OpenIDProviderPeer.run { issuer in
            let environment = OpenIDProviderPeer.environment(issuer)
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                let (browser, url) = (TestBrowser(), stack.tenantManagement.url)
                let query = try await OpenIDProviderPeer.visit(browser, from: url)
                let callback = try await browser.send("GET", "\(url)/auth/callback?\(query)").expect(302)
                #expect(callback.location == "/tenants")
                #expect(callback.setCookies.allSatisfy { $0.hasPrefix("arc-") && !$0.contains("Secure") }, "over http")
                let caller = try await browser.send("GET", "\(url)/auth/session").expect(200)
                #expect(caller.json["roles"] == ["Support"] && caller.json["session"]?["userName"] == "Ann Example")
                #expect(caller.json["userId"]?.stringValue.flatMap { Identifier($0) } != nil)
                try await browser.send("GET", "\(url)/tenants").expect(200)
                let csrf = ["x-csrf-token": try #require(browser.cookies["arc-csrf"])]
                try await browser.send("DELETE", "\(url)/tenants/\(WalkTests.unknown)", headers: csrf).expect(403)

                let again = try await browser.send("GET", "\(url)/auth/callback?\(query)").expect(400)
                #expect(again.response.errorCode == "LOGIN_STATE_INVALID")
                let denied = try await OpenIDProviderPeer.visit(browser, from: url, form: [("action", "deny")])
                let refused = try await browser.send("GET", "\(url)/auth/callback?\(denied)")
                // It sends no state with a refusal, so nobody can tell whose login it was.
                #expect(refused.status == (denied.contains("state=") ? 403 : 400) && refused.setCookies.isEmpty)

                let logout = try await browser.send("POST", "\(url)/auth/logout", headers: csrf).expect(200)
                let providerLogout = logout.json["providerLogoutUrl"]?.stringValue
                #expect(providerLogout?.hasPrefix("\(issuer)/oauth2/end_session?") == true)
                try await browser.send("GET", "\(url)/tenants").expect(401)
            }
        }
    }
}
