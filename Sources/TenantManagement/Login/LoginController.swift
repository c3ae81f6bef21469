import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

/// The HTTP operations by which operators log in and out with a browser.
struct LoginController: Sendable {
    /// Nil: logging in is not set up.
    let service: LoginService?
    let sessions: SessionAccess?
    let sessionService: SessionService?
    /// On whose behalf a login happens before it is known whose it is.
    let system: TenantScope

    var operations: [Operation] { [login(), callback(), logout()] }

    /// Logins of one client; each may cost the identity provider a request.
    private var limit: RateLimit { service?.configuration.limit ?? RateLimit(limit: 60) }
    private static let controller = "LoginController"

    private static let notConfigured = "Logging in with a browser is not set up (LOGIN_NOT_CONFIGURED)"

    private func login() -> Operation {
        Operation(
            .get, "/auth/login", id: "\(Self.controller).login",
            summary: "Send the browser to the identity provider; afterward it has a session", security: .none,
            parameters: [
                OperationParameter(
                    "returnTo", in: .query, schema: .string(maxLength: ReturnPath.maximumLength),
                    description: "Where the browser goes on afterward: a path of this host, / by default",
                    form: .syntax)
            ],
            responses: [.init(.found, "To the identity provider, with a cookie", headers: [.redirection])],
            failures: [.notFound: Self.notConfigured], rateLimit: limit,
            handler: .anonymous { call in
                guard let service, let sessions else { throw LoginError.notConfigured }
                let start = try await service.begin(
                    returnTo: QueryString.first("returnTo", in: call.query),
                    browser: Self.browserSecret(call, sessions.cookies), now: call.instant)
                let cookie = sessions.cookies.setting(
                    sessions.cookies.login, to: start.browser.text, for: LoginAttempt.lifetime)
                return Self.redirect(to: start.location, cookies: [cookie])
            })
    }

    private func callback() -> Operation {
        Operation(
            .get, "/auth/callback", id: "\(Self.controller).callback",
            summary: "Where the identity provider sends the browser back to; begins the session", security: .none,
            parameters: [
                Self.parameter("state", "What the login sent along"),
                Self.parameter("code", "Good for the tokens, once"),
                Self.parameter("iss", "Who answers (RFC 9207)"), Self.parameter("error", "Why there is no code"),
            ],
            responses: [
                .init(.found, "To where the login wants to go on, with a session", headers: [.redirection])
            ],
            failures: [
                .forbidden: "The identity provider refused, or the user has no access (LOGIN_REFUSED, LOGIN_NO_ACCESS)",
                .notFound: Self.notConfigured,
            ], rateLimit: limit,
            handler: .anonymous { call in
                guard let service, let sessions else { throw LoginError.notConfigured }
                let outcome = try await service.finish(
                    try Self.answer(call.query),
                    from: LoginService.Browser(
                        secret: Self.browserSecret(call, sessions.cookies), previous: sessions.token(call.headers),
                        userAgent: call.headers[.userAgent], address: call.clientAddress.description),
                    in: call.writeContext(in: system))
                let (cookies, lifetime) = (sessions.cookies, service.configuration.sessionLifetime)
                return Self.redirect(
                    to: outcome.returnPath.text,
                    cookies: [
                        cookies.setting(cookies.session, to: outcome.token.text, for: lifetime),
                        cookies.setting(
                            cookies.csrf, to: sessions.csrf.token(of: outcome.token), for: lifetime, isReadable: true),
                    ])
            })
    }

    private func logout() -> Operation {
        Operation(
            .post, "/auth/logout", id: "\(Self.controller).logout", summary: "End the session of this browser",
            access: LoginPolicy.logout,
            responses: [
                .init(
                    .ok, "Ended; the browser may go on to `providerLogoutUrl`, where its session at the provider ends",
                    schema: Self.logoutSchema)
            ],
            failures: [
                .badRequest: "The caller has no session (NO_SESSION), or the request is malformed",
                .notFound: Self.notConfigured,
            ],
            handler: .scoped { call in
                guard let service, let sessions, let sessionService else { throw LoginError.notConfigured }
                guard case .session = call.identity.credential, let token = sessions.token(call.request.headers) else {
                    throw LoginError.noSession
                }
                try await sessionService.logOut(token, in: call.writeContext)
                var response = OperationResponse.json { writer in
                    writer.beginObject()
                    if let url = service.providerLogoutURL {
                        writer.key("providerLogoutUrl")
                        writer.string(url)
                    }
                    writer.endObject()
                }
                sessions.removeCookies(from: &response)
                return response
            })
    }

    private static let logoutSchema = Schema.object(
        [.init("providerLogoutUrl", .string().described("Only if the identity provider has such a page"))],
        name: "Logout")

    // MARK: Parts of requests and responses

    private static func parameter(_ name: String, _ description: String) -> OperationParameter {
        OperationParameter(name, in: .query, schema: .string(maxLength: 4096), description: description, form: .syntax)
    }

    private static func browserSecret(_ call: OperationRequest, _ cookies: SessionCookies) -> BrowserSecret? {
        guard case .value(let text) = CookieHeader.find(cookies.login, in: call.headers) else { return nil }
        return BrowserSecret(text)
    }

    /// A parameter must not occur twice (RFC 6749 section 3.1): which of them counts would be anybody's guess.
    private static func answer(_ query: String) throws(LoginError) -> LoginService.Answer {
        var answer = LoginService.Answer()
        func set(_ member: WritableKeyPath<LoginService.Answer, String?>, _ value: String) throws(LoginError) {
            guard answer[keyPath: member] == nil else { throw .parameters }
            answer[keyPath: member] = value
        }
        for (name, value) in QueryString.pairs(query) {
            switch name {
            case "state": try set(\.state, value)
            case "code": try set(\.code, value)
            case "iss": try set(\.issuer, value)
            case "error": try set(\.error, value)
            default: continue
            }
        }
        return answer
    }

    private static func redirect(to location: String, cookies: [String]) -> OperationResponse {
        var headers: HTTPFields = [.location: location, .cacheControl: "no-store"]
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return OperationResponse(status: .found, headers: headers, body: nil)
    }
}

extension SessionAccess {
    /// Makes the browser forget its session.
    func removeCookies(from response: inout OperationResponse) {
        response.headers[.cacheControl] = "no-store"
        for name in [cookies.session, cookies.csrf] {
            response.headers.append(HTTPField(name: .setCookie, value: cookies.removing(name)))
        }
    }
}
