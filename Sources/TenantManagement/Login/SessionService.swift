import Entities
import Primitives
import ServiceKit

/// Shows and ends the sessions of operators. Every end leaves a row in the audit log.
struct SessionService: Sendable {
    let store: SessionStore
    let log: SessionLogRepository

    /// The active sessions of a user, the newest first.
    func list(ofUser user: String, now: Timestamp) async throws(SessionStoreError) -> [Session] {
        try await store.list(ofUser: user, now: now)
    }

    /// Ends the session of the caller.
    func logOut(_ token: SessionToken, in context: WriteContext) async throws {
        try await log.recording(in: context) {
            let ended = try await store.end(token)
            return ((), ended.map { [SessionEvent.logout($0)] } ?? [])
        }
    }

    /// Ends a session. False if it does not exist.
    /// - Parameter user: Whose it has to be; nil for any user's.
    func end(_ id: Identifier, ofUser user: String?, in context: WriteContext) async throws -> Bool {
        try await log.recording(in: context) {
            let isEnded = try await store.revoke(id, ofUser: user)
            return (isEnded, isEnded ? [SessionEvent.end(id, of: user, because: .request)] : [])
        }
    }

    /// Ends all sessions of a user.
    /// - Returns: How many there were.
    func endAll(ofUser user: String, in context: WriteContext) async throws -> Int {
        try await log.recording(in: context) {
            let ended = try await store.revokeAll(ofUser: user)
            let events = ended.map { SessionEvent.end($0, of: user, because: .request) }
            return (ended.count, events.isEmpty ? [SessionEvent.end(nil, of: user, because: .request)] : events)
        }
    }
}
