import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of sessions.
struct SessionController: Sendable {
    /// Nil: logging in is not set up.
    let sessions: SessionAccess?
    let service: SessionService?

    var operations: [Operation] { [current(), list(), revokeAll(), revoke()] }

    private static let controller = "SessionController"

    private static let userID = OperationParameter(
        "userId", in: .query, schema: .string(minLength: 1, maxLength: 255),
        description: "Another operator's sessions, with the permission \(PermissionCatalog.viewSessions) to see and "
            + "\(PermissionCatalog.revokeSessions) to end them; without it the caller's own",
        form: .syntax)

    private func current() -> Operation {
        Operation(
            .get, "/auth/session", id: "\(Self.controller).current", summary: "Who the caller is, and what it may do",
            access: SessionPolicy.current,
            responses: [.init(.ok, "The caller; with a session also its csrfToken", schema: Self.callerSchema)],
            handler: .scoped { call in
                var found: (token: SessionToken, session: Session)?
                if let sessions, case .session = call.identity.credential {
                    found = try await sessions.current(call.request.headers, now: call.request.instant)
                }
                let csrfToken = found.flatMap { found in sessions?.csrf.token(of: found.token) }
                var response = OperationResponse.json { writer in
                    Self.write(call.identity, found?.session, csrfToken: csrfToken, to: &writer)
                }
                response.headers[.cacheControl] = "no-store"
                return response
            })
    }

    private func list() -> Operation {
        Operation(
            .get, "/auth/sessions", id: "\(Self.controller).find",
            summary: "Active sessions of a user, the newest first",
            access: SessionPolicy.list, parameters: [Self.userID],
            responses: [.init(.ok, "Array of Session", schema: .array(of: Self.sessionSchema))],
            failures: [.notFound: "Logging in with a browser is not set up (LOGIN_NOT_CONFIGURED)"],
            handler: .scoped { call in
                guard let service else { throw LoginError.notConfigured }
                let user = try Self.user(call, where: SessionPolicy.mayView)
                let found = try await service.list(ofUser: user, now: call.request.instant)
                var response = OperationResponse.json { writer in
                    writer.beginArray()
                    for session in found { Self.write(session, for: call.identity, to: &writer) }
                    writer.endArray()
                }
                response.headers[.cacheControl] = "no-store"
                return response
            })
    }

    private func revoke() -> Operation {
        Operation(
            .delete, "/auth/sessions/{id}", id: "\(Self.controller).deleteById", summary: "End a session",
            access: SessionPolicy.end, parameters: [.id], responses: [.init(.noContent, "Ended")],
            failures: [.notFound: "There is no such session, or it is another user's"],
            handler: .scoped { call in
                guard let sessions, let service else { throw LoginError.notConfigured }
                let id = try call.request.identifier()
                let mayEndOthers = SessionPolicy.mayEndAll(call.identity)
                guard mayEndOthers || call.identity.id != nil,
                    try await service.end(id, ofUser: mayEndOthers ? nil : call.identity.id, in: call.writeContext)
                else { throw HTTPFailure.entityNotFound }
                var response = OperationResponse.noContent
                if call.identity.credential == .session(id: id.description) { sessions.removeCookies(from: &response) }
                return response
            })
    }

    private func revokeAll() -> Operation {
        Operation(
            .delete, "/auth/sessions", id: "\(Self.controller).deleteAll", summary: "End all sessions of a user",
            access: SessionPolicy.end, parameters: [Self.userID],
            responses: [.init(.ok, "How many there were", schema: Self.countSchema)],
            failures: [.notFound: "Logging in with a browser is not set up (LOGIN_NOT_CONFIGURED)"],
            handler: .scoped { call in
                guard let sessions, let service else { throw LoginError.notConfigured }
                let user = try Self.user(call, where: SessionPolicy.mayEnd)
                var response = OperationResponse.count(try await service.endAll(ofUser: user, in: call.writeContext))
                if case .session = call.identity.credential, user == call.identity.id {
                    sessions.removeCookies(from: &response)
                }
                return response
            })
    }

    /// Whose sessions a request is about.
    /// - Throws: 403 for another user's without the permission; 400 for a caller who is no user.
    private static func user(
        _ call: ScopedRequest, where isAllowed: (_ user: String, _ caller: Identity) -> Bool
    ) throws(HTTPFailure) -> String {
        guard let text = QueryString.first("userId", in: call.request.query) else {
            guard let own = call.identity.id else { throw .badRequest("The caller is no user. Send userId.") }
            return own
        }
        guard (1...255).contains(text.utf8.count) else {
            throw .invalidParameter("userId", value: .string(text), reason: "must have 1 to 255 characters")
        }
        // Operators' ids are UUIDs, which are stored in lower case.
        let user = Identifier(text)?.description ?? text
        guard isAllowed(user, call.identity) else { throw .notAllowed }
        return user
    }

    // MARK: Responses

    private static let countSchema = Schema.object([.init("count", .integer(minimum: 0), required: true)])

    private static let sessionSchema = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("userId", .string(), required: true),
            .init("userName", .string().described("Name at the identity provider")),
            .init("userAgent", .string().described("What the browser calls itself")),
            .init("address", .string().described("The client's address at login"), required: true),
            .init("startedAt", .string(format: .dateTime), required: true),
            .init("lastSeenAt", .string(format: .dateTime).described("Up to a minute ago"), required: true),
            .init("expiresAt", .string(format: .dateTime).described("Unless it is used before"), required: true),
            .init("endsAt", .string(format: .dateTime).described("Even if it is used"), required: true),
            .init("isCurrent", .boolean.described("Whether the request has this session"), required: true),
        ], name: "Session")

    private static let callerSchema = Schema.object(
        [
            .init("kind", .string(oneOf: ["operator", "tenantUser", "lead", "service"]), required: true),
            .init("credential", .string(oneOf: ["token", "apiKey", "session"]), required: true),
            .init("userId", .string()),
            .init("tenantId", .string(format: .uuid).described("To which the caller is confined")),
            .init("permissions", .array(of: .string()), required: true),
            .init("roles", .array(of: .string()).described("Of the session")),
            .init("session", sessionSchema),
            .init("csrfToken", .string().described("For the header X-CSRF-Token of changes with this session")),
        ], name: "Caller")

    private static func write(
        _ identity: Identity, _ session: Session?, csrfToken: String?, to writer: inout JSONWriter
    ) {
        let (kind, credential) = names(identity)
        writer.beginObject()
        writer.key("kind")
        writer.string(kind)
        writer.key("credential")
        writer.string(credential)
        if let id = identity.id {
            writer.key("userId")
            writer.string(id)
        }
        if let tenant = identity.kind.confinement {
            writer.key("tenantId")
            writer.identifier(tenant)
        }
        writer.key("permissions")
        writer.beginArray()
        for permission in identity.permissions.sorted() { writer.string(permission) }
        writer.endArray()
        if let session {
            writer.key("roles")
            writer.beginArray()
            for role in session.roles { writer.string(role) }
            writer.endArray()
            writer.key("session")
            write(session, for: identity, to: &writer)
        }
        if let csrfToken {
            writer.key("csrfToken")
            writer.string(csrfToken)
        }
        writer.endObject()
    }

    private static func write(_ session: Session, for identity: Identity, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.identifier(session.id)
        writer.key("userId")
        writer.string(session.userID)
        if let name = session.userName {
            writer.key("userName")
            writer.string(name)
        }
        if let agent = session.userAgent {
            writer.key("userAgent")
            writer.string(agent)
        }
        writer.key("address")
        writer.string(session.address)
        writer.key("startedAt")
        writer.timestamp(session.startedAt)
        writer.key("lastSeenAt")
        writer.timestamp(session.lastSeenAt)
        writer.key("expiresAt")
        writer.timestamp(session.expiresAt)
        writer.key("endsAt")
        writer.timestamp(session.endsAt)
        writer.key("isCurrent")
        writer.bool(identity.credential == .session(id: session.id.description))
        writer.endObject()
    }

    private static func names(_ identity: Identity) -> (kind: String, credential: String) {
        let kind =
            switch identity.kind {
            case .operator: "operator"
            case .tenantUser: "tenantUser"
            case .lead: "lead"
            case .service: "service"
            }
        let credential =
            switch identity.credential {
            case .token: "token"
            case .apiKey: "apiKey"
            case .session: "session"
            }
        return (kind, credential)
    }
}
