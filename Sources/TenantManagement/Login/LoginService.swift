import Entities
import JSONCoding
import Logging
import PostgresClient
import Primitives
import Sealing
import ServiceKit

/// Logs operators in (OpenID Connect Core section 3.1 with PKCE), and begins their sessions.
struct LoginService: Sendable {
    /// Where a browser goes to log in, and the secret for its cookie.
    struct Start: Sendable {
        let location: String
        let browser: BrowserSecret
    }

    /// What the identity provider has sent the browser back with.
    struct Answer: Sendable {
        var code: String?
        var state: String?
        var issuer: String?
        var error: String?
    }

    /// The browser that has come back.
    struct Browser: Sendable {
        let secret: BrowserSecret?
        /// The session that it had before.
        let previous: SessionToken?
        let userAgent: String?
        let address: String
    }

    /// A new session.
    struct Outcome: Sendable {
        let token: SessionToken
        let session: Session
        let returnPath: ReturnPath
    }

    private static let maximumTextLength = 200

    let configuration: LoginConfiguration
    let provider: LoginProvider
    let verifier: IDTokenVerifier
    let sealer: Sealer
    let store: SessionStore
    let log: SessionLogRepository
    let roles: RoleBook
    let logger: Logger

    /// Begins a login.
    /// - Parameters:
    ///   - returnTo: Where the browser goes on afterward; nil for the start page.
    ///   - browser: The secret that the browser has from an earlier login.
    /// - Throws: ``LoginError``.
    func begin(returnTo: String?, browser: BrowserSecret?, now: Timestamp) async throws -> Start {
        let path = try Self.returnPath(returnTo)
        let metadata = try await provider.metadata()
        let browser = browser ?? BrowserSecret()
        let attempt = LoginAttempt(browser: browser, returnPath: path, now: now)
        let query = PercentEncoding.form([
            ("response_type", "code"), ("client_id", configuration.clientID),
            ("redirect_uri", configuration.sessions.redirectURI), ("scope", configuration.scopes),
            ("state", try attempt.state(sealer)), ("nonce", attempt.nonce),
            ("code_challenge", attempt.proofKey.challenge), ("code_challenge_method", "S256"),
        ])
        let endpoint = metadata.authorizationEndpoint
        let separator = endpoint.contains("?") ? "&" : "?"
        return Start(location: "\(endpoint)\(separator)\(query)", browser: browser)
    }

    private static func returnPath(_ text: String?) throws(LoginError) -> ReturnPath {
        guard let text else { return .home }
        guard let path = ReturnPath(text) else { throw .returnPath(text) }
        return path
    }

    /// Completes a login. Nothing of what the browser brings is used before it is known that this browser began it, and the
    /// state is used up before the provider is asked. A login that was begun here leaves a row in the audit log, whatever becomes of it.
    /// - Throws: ``LoginError``, ``SessionStoreError``.
    func finish(_ answer: Answer, from browser: Browser, in context: WriteContext) async throws -> Outcome {
        do {
            guard let state = answer.state, let attempt = LoginAttempt(state: state, sealer, now: context.now) else {
                throw LoginError.state
            }
            let outcome = try await recorded(answer, of: state, attempt, from: browser, in: context)
            logger.info(
                "An operator has logged in",
                metadata: ["userId": "\(outcome.session.userID)", "session": "\(outcome.session.id)"])
            return outcome
        } catch let error as LoginError {
            logger.notice("A login was refused", metadata: ["reason": "\(error)"])
            throw error
        }
    }

    /// Where the browser can end its session at the provider, too (OpenID Connect RP-Initiated Logout 1.0 section 2); nil if
    /// the provider has no such page.
    var providerLogoutURL: String? {
        guard let endpoint = provider.endSessionEndpoint else { return nil }
        return "\(endpoint)\(endpoint.contains("?") ? "&" : "?")"
            + PercentEncoding.form([("client_id", configuration.clientID)])
    }

    /// Completes a login, and records it if it fails.
    private func recorded(
        _ answer: Answer, of state: String, _ attempt: LoginAttempt, from browser: Browser, in context: WriteContext
    ) async throws -> Outcome {
        do {
            return try await complete(answer, of: state, attempt, from: browser, in: context)
        } catch let error as LoginError {
            var user: Identifier?
            if case .noAccess(let known) = error { user = known }
            let origin = WriteOrigin(
                .external, actor: user.map { Actor(id: $0.description) }, requestID: context.origin.requestID)
            do throws(PostgresError) {
                try await log.record(
                    .failedLogin(error, address: browser.address), in: context.acting(as: origin, in: context.scope))
            } catch {
                logger.warning("A failed login could not be recorded", metadata: ["error": "\(error)"])
            }
            throw error
        }
    }

    private func complete(
        _ answer: Answer, of state: String, _ attempt: LoginAttempt, from browser: Browser, in context: WriteContext
    ) async throws -> Outcome {
        let now = context.now
        guard let secret = browser.secret, attempt.belongs(to: secret) else { throw LoginError.otherBrowser }
        try await checkIssuer(answer.issuer)
        guard try await store.useOnce(state, purpose: "login-state", lifetime: LoginAttempt.lifetime) else {
            throw LoginError.state
        }
        if let error = answer.error { throw LoginError.refused(LoginProvider.printable(error)) }
        guard let code = answer.code, !code.isEmpty else { throw LoginError.parameters }

        let tokens = try await provider.exchange(code, proofKey: attempt.proofKey)
        let claims: JSONObject
        do throws(IDTokenFault) {
            claims = try await verifier.verify(
                tokens.idToken, for: .init(nonce: attempt.nonce, accessToken: tokens.accessToken), now: now)
        } catch {
            throw LoginError.token(error)
        }
        let token = SessionToken()
        let session = try session(of: claims, from: browser, now: now)
        try await begin(session, token, replacing: browser.previous, in: context)
        return Outcome(token: token, session: session, returnPath: attempt.returnPath)
    }

    /// Stores the session together with its row.
    private func begin(
        _ session: Session, _ token: SessionToken, replacing previous: SessionToken?, in context: WriteContext
    ) async throws {
        let identity = Identity(
            kind: .operator, credential: .session(id: session.id.description), id: session.userID, permissions: [])
        let origin = identity.origin(of: context.origin.requestID ?? "")
        do {
            try await log.recording(in: context.acting(as: origin, in: identity.scope)) {
                let ended = try await store.create(
                    session, token: token, limit: configuration.sessionsPerUser, now: context.now)
                var events = [SessionEvent.login(session)]
                events += ended.map { .end($0, of: session.userID, because: .limit) }
                // The browser forgets its former session now; nobody else should be able to use it either.
                if let previous, let id = try? await store.end(previous) { events.append(.end(id, because: .login)) }
                return ((), events)
            }
        } catch {
            // Nobody has the token of a session without a row.
            _ = try? await store.end(token)
            throw error
        }
    }

    /// Another provider's answer must not be taken for this one's (RFC 9207 section 2.4).
    private func checkIssuer(_ issuer: String?) async throws(LoginError) {
        if let issuer {
            guard issuer.hasSameBytes(as: configuration.issuer) else { throw .otherIssuer }
        } else {
            guard try await !provider.metadata().sendsIssuer else { throw .otherIssuer }
        }
    }

    private func session(of claims: JSONObject, from browser: Browser, now: Timestamp) throws(LoginError) -> Session {
        let grant = configuration.mapping.grant(claims)
        let allowed = roles.catalog.permissions(of: grant.roles, for: .operator).union(grant.permissions)
        let user = OperatorID.of(claims, claim: configuration.userIDClaim, issuer: configuration.issuer)
        guard !allowed.isEmpty, let user else { throw .noAccess(user) }
        return Session(
            id: .v7(at: now), userID: user.description, userName: Self.name(claims), roles: grant.roles,
            permissions: grant.permissions, userAgent: browser.userAgent.flatMap(Self.shown), address: browser.address,
            startedAt: now, lifetime: configuration.sessionLifetime, idleLifetime: configuration.idleLifetime)
    }

    private static func name(_ claims: JSONObject) -> String? {
        for claim in ["name", "preferred_username", "email"] {
            if let text = claims[claim]?.stringValue.flatMap(shown) { return text }
        }
        return nil
    }

    /// A text from outside, cut off and without control characters.
    private static func shown(_ text: String) -> String? {
        let visible = String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.isControlOrDirection }))
            .prefix(scalars: maximumTextLength)
        return visible.isEmpty ? nil : visible
    }
}
