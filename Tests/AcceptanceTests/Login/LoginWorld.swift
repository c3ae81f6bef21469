import JSONCoding
import Primitives
import StackTestSupport
import Testing

/// Services with an identity provider, and browsers.
struct LoginWorld: Sendable {
    static let sessionCookie = "__Host-arc-session"
    static let csrfCookie = "__Host-arc-csrf"
    static let loginCookie = "__Host-arc-login"

    let stack: TestStack
    let provider: TestIdentityProvider

    /// Runs services for the length of the body.
    static func run(
        _ kinds: [TestStack.ServiceKind] = [.tenantManagement], environment: [String: String] = [:],
        clock: any WallClock = SystemClock(), metadata: JSONObject = [:],
        _ body: (LoginWorld) async throws -> Void
    ) async throws {
        try await TestIdentityProvider.run(clock: clock, metadata: metadata) { provider in
            try await TestStack.run(
                kinds, environment: provider.environment.merging(environment) { $1 }, clock: clock
            ) { stack in try await body(LoginWorld(stack: stack, provider: provider)) }
        }
    }

    /// The address of tenant management.
    var url: String { stack.tenantManagement.url }

    /// Begins a login; what the provider gets.
    func begin(
        _ browser: TestBrowser, returnTo: String? = nil
    ) async throws -> TestIdentityProvider.Request {
        let query = returnTo.map { "?returnTo=\($0.queryEncoded)" } ?? ""
        let page = try await browser.send("GET", "\(url)/auth/login\(query)").expect(302)
        return try TestIdentityProvider.Request(page.location)
    }

    /// The browser comes back from the provider.
    func finish(
        _ browser: TestBrowser, state: String, code: String?, issuer: String? = nil, more: String = ""
    ) async throws -> TestBrowser.Page {
        let issuer = issuer ?? provider.issuer
        let code = code.map { "&code=\($0.queryEncoded)" } ?? ""
        return try await browser.send(
            "GET", "\(url)/auth/callback?state=\(state.queryEncoded)&iss=\(issuer.queryEncoded)\(code)\(more)")
    }

    /// A whole login.
    @discardableResult
    func logIn(
        _ browser: TestBrowser, user: String = Identifier.v4().description, groups: JSONValue = ["admins"],
        returnTo: String? = nil
    ) async throws -> TestBrowser.Page {
        let request = try await begin(browser, returnTo: returnTo)
        let code = provider.code(for: request, user: user, groups: groups)
        return try await finish(browser, state: request.state, code: code).expect(302)
    }

    /// Who the browser is to the service.
    func caller(_ browser: TestBrowser) async throws -> TestBrowser.Page {
        try await browser.send("GET", "\(url)/auth/session")
    }

    /// The header with the token against other sites, as a page of the service sends it.
    func csrf(_ browser: TestBrowser) throws -> [String: String] {
        ["x-csrf-token": try #require(browser.cookies[Self.csrfCookie])]
    }
}
