import Foundation
import TestSupport

/// oidc-provider-mock from PyPI, a provider that lets everybody in whose name it knows.
package enum OpenIDProviderPeer {
    /// The user that it knows. Its groups are in the claim `roles`.
    private static let user =
        #"{"sub": "ann", "name": "Ann Example", "email": "ann@example.com", "roles": ["arc-support"]}"#

    /// Runs one on a free port for the length of the body.
    /// - Parameter body: Gets the issuer.
    package static func run(_ body: (_ issuer: String) async throws -> Void) async throws {
        let port = try TestCommand.freePort()
        let log = TestCommand.temporaryFile("oidc-provider.log")
        let process = try await ServerStart.run("oidc-provider-mock", log: log) {
            TestProcess(
                [
                    try PythonPeer.program("oidc-provider-mock"), "--port", "\(port)", "--require-nonce", "true",
                    "--user-claims", user,
                ], output: log)
        } isReady: {
            (try? await TestHTTPClient(port: port).get("/.well-known/openid-configuration").status) == 200
        }
        defer {
            process.kill()
            try? FileManager.default.removeItem(at: log)
        }
        try await body("http://127.0.0.1:\(port)")
    }

    /// The configuration of services whose operators log in there.
    package static func environment(_ issuer: String) -> [String: String] {
        [
            "OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "arc", "OIDC_CLIENT_SECRET": "secret",
            "OIDC_REDIRECT_URI": "http://127.0.0.1:3005/auth/callback",
            "OIDC_ROLE_MAPPING": #"{"arc-support": ["Support"]}"#, "LOGIN_MAX_ATTEMPTS": "1000000",
        ]
    }

    /// Sends a browser from tenant management to the provider and back.
    /// - Parameters:
    ///   - url: Of tenant management.
    ///   - form: What the user does at the provider.
    /// - Returns: The query with which the provider sends the browser back.
    package static func visit(
        _ browser: TestBrowser, from url: String, form: [(name: String, value: String)] = [("sub", "ann")]
    ) async throws -> String {
        let start = try await browser.send("GET", "\(url)/auth/login?returnTo=/tenants").expect(302)
        guard let provider = start.location else { throw TestFailure("the browser is sent nowhere") }
        try await browser.send("GET", provider).expect(200)
        let end = try await browser.send("POST", provider, form: form).expect(302)
        guard let parts = end.location?.split(separator: "?", maxSplits: 1), parts.count == 2,
            parts[0] == "http://127.0.0.1:3005/auth/callback"
        else { throw TestFailure("the provider sends the browser to \(end.location ?? "nowhere")") }
        return String(parts[1])
    }

    /// A whole login of the user.
    package static func logIn(_ browser: TestBrowser, at url: String) async throws {
        let query = try await visit(browser, from: url)
        try await browser.send("GET", "\(url)/auth/callback?\(query)").expect(302)
    }
}
