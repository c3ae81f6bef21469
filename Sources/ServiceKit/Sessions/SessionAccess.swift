package import HTTPTypes
import JSONCoding
package import Primitives

/// Sessions as requests use them: the store, and what cookies and headers have to be.
package struct SessionAccess: Sendable {
    package let store: SessionStore
    package let cookies: SessionCookies
    package let csrf: CrossSiteTokens
    private let origin: RequestOrigin

    package init(store: SessionStore, cookies: SessionCookies, csrf: CrossSiteTokens, origin: RequestOrigin) {
        self.store = store
        self.cookies = cookies
        self.csrf = csrf
        self.origin = origin
    }

    /// The token in the cookie of a request; nil without one, or with one that cannot be a token.
    package func token(_ headers: HTTPFields) -> SessionToken? {
        guard case .value(let text) = CookieHeader.find(cookies.session, in: headers) else { return nil }
        return SessionToken(text)
    }

    /// The session of a request with a cookie.
    /// - Throws: 401 when there is no such session; 503 without Redis.
    package func current(_ headers: HTTPFields, now: Timestamp) async throws -> (token: SessionToken, session: Session)
    {
        guard let token = token(headers), let session = try await store.open(token, now: now) else {
            throw HTTPFailure.invalidSession(removing: cookies)
        }
        return (token, session)
    }

    /// Insists that a change comes from a page of the services.
    /// - Throws: 403.
    func requireOwnSite(_ headers: HTTPFields, token: SessionToken) throws(HTTPFailure) {
        guard origin.allows(headers) else { throw .otherSite }
        let tokens = headers[values: .csrfToken]
        guard tokens.count == 1, csrf.isToken(tokens[0], of: token) else { throw .csrfTokenInvalid }
    }
}

extension HTTPFailure {
    /// 401: the cookie names no active session. It is removed, so that the browser does not send it again.
    static func invalidSession(removing cookies: SessionCookies) -> HTTPFailure {
        HTTPFailure(
            .unauthorized, name: "UnauthorizedError",
            message: "The session does not exist or has ended. Log in again: GET /auth/login.",
            code: "SESSION_INVALID",
            headers: [
                .wwwAuthenticate: "Bearer realm=\"Users\"", .setCookie: cookies.removing(cookies.session),
                .cacheControl: "no-store",
            ])
    }

    /// 403: a change with a session that lacks the token against requests of other sites.
    static let csrfTokenInvalid = HTTPFailure(
        .forbidden, name: "ForbiddenError",
        message: "Changes with a session need the header X-CSRF-Token with the csrfToken of GET /auth/session.",
        code: "CSRF_TOKEN_INVALID")

    /// 403: a change with a session whose page is of another site.
    static let otherSite = HTTPFailure(
        .forbidden, name: "ForbiddenError",
        message: "The request comes from a page of another site. Its origin is not among CORS_ALLOWED_ORIGINS.",
        code: "ORIGIN_NOT_ALLOWED")
}
