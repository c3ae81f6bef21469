import Crypto
package import Primitives
package import RedisClient
package import Sealing

/// Sessions in Redis, which is the only place where they are: without it nobody is recognized by a session.
///
/// The contents are sealed, so that neither reading Redis shows who works here, nor writing to Redis makes an operator.
package struct SessionStore: Sendable {
    private let redis: RedisClient
    private let sealer: Sealer

    /// - Parameter keys: The keys that all services encrypt with.
    package init(redis: RedisClient, keys: EncryptionKeys) {
        self.redis = redis
        sealer = Sealer(keys: keys, purpose: "sessions")
    }

    /// Stores a new session.
    /// - Parameter limit: Most sessions of a user; the oldest ones end.
    /// - Returns: The names of those that have ended.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func create(
        _ session: Session, token: SessionToken, limit: Int, now: Timestamp
    ) async throws(SessionStoreError) -> [Identifier] {
        let digest = token.digest
        let user = Self.digest(ofUser: session.userID)
        guard let data = try? sealer.seal(session.stored, label: SessionScripts.session + digest) else {
            throw .unavailable
        }
        let reply = try await evaluate(
            SessionScripts.create,
            keys: [
                SessionScripts.session + digest, SessionScripts.name + session.id.description,
                SessionScripts.user + user,
            ],
            [
                .bytes(data), .integer(now.milliseconds), .integer(session.idleLifetime.milliseconds),
                .integer(session.endsAt.milliseconds), .text(session.id.description), .text(digest), .text(user),
                .integer(Int64(limit)),
            ])
        return Self.identifiers(reply)
    }

    /// The session of a token, which counts as used by that; nil if it does not exist or has ended.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func open(_ token: SessionToken, now: Timestamp) async throws(SessionStoreError) -> Session? {
        let digest = token.digest
        let reply = try await evaluate(
            SessionScripts.open, keys: [SessionScripts.session + digest], [.integer(now.milliseconds)],
            isRepeatable: true)
        guard let values = reply.array, values.count == 2 else { return nil }
        guard let session = session(digest: digest, data: values[0], seen: values[1]), session.isActive(at: now) else {
            return nil
        }
        return session
    }

    /// Ends the session of a token.
    /// - Returns: Its name; nil if there was none.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func end(_ token: SessionToken) async throws(SessionStoreError) -> Identifier? {
        try await evaluate(SessionScripts.end, keys: [SessionScripts.session + token.digest], []).text
            .flatMap { Identifier($0) }
    }

    /// Ends a session by its name. False if it does not exist.
    /// - Parameter user: Whose it has to be; nil for any user's.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func revoke(_ id: Identifier, ofUser user: String?) async throws(SessionStoreError) -> Bool {
        try await evaluate(
            SessionScripts.revoke, keys: [SessionScripts.name + id.description],
            [.text(id.description), .text(user.map(Self.digest(ofUser:)) ?? "")]
        ).integer == 1
    }

    /// Ends all sessions of a user.
    /// - Returns: Their names.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func revokeAll(ofUser user: String) async throws(SessionStoreError) -> [Identifier] {
        let reply = try await evaluate(
            SessionScripts.revokeAll, keys: [SessionScripts.user + Self.digest(ofUser: user)], [])
        return Self.identifiers(reply)
    }

    /// The active sessions of a user, the newest first.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func list(ofUser user: String, now: Timestamp) async throws(SessionStoreError) -> [Session] {
        let reply = try await evaluate(
            SessionScripts.list, keys: [SessionScripts.user + Self.digest(ofUser: user)], [], isRepeatable: true)
        var sessions: [Session] = []
        for entry in reply.array ?? [] {
            guard let values = entry.array, values.count == 3, let digest = values[0].text,
                let session = session(digest: digest, data: values[1], seen: values[2]), session.isActive(at: now)
            else { continue }
            sessions.append(session)
        }
        return sessions.sorted { $0.startedAt > $1.startedAt }
    }

    /// Claims a text that may be used once. False for every claim but the first.
    /// - Parameters:
    ///   - purpose: Keeps the texts of different uses apart.
    ///   - lifetime: How long it is remembered.
    /// - Throws: ``SessionStoreError/unavailable``.
    package func useOnce(
        _ text: String, purpose: StaticString, lifetime: Duration
    ) async throws(SessionStoreError) -> Bool {
        do throws(RedisError) {
            return try await redis.throughFailover(isRepeatable: false) { () throws(RedisError) in
                try await redis.set(
                    "\(purpose):\(Self.digest(text))", "1", expire: lifetime, condition: .ifAbsent)
            }
        } catch {
            throw .unavailable
        }
    }

    private func session(digest: String, data: RedisValue, seen: RedisValue) -> Session? {
        guard let sealed = data.bytes, let seen = seen.integer,
            let stored = try? sealer.open(sealed, label: SessionScripts.session + digest)
        else { return nil }
        return Session(stored: stored, lastSeenAt: Timestamp(milliseconds: seen))
    }

    private func evaluate(
        _ script: RedisScript, keys: [String], _ arguments: [RedisArgument], isRepeatable: Bool = false
    ) async throws(SessionStoreError) -> RedisValue {
        do throws(RedisError) {
            return try await redis.throughFailover(isRepeatable: isRepeatable) { () throws(RedisError) in
                try await redis.evaluate(script, keys: keys, arguments: arguments)
            }
        } catch {
            throw .unavailable
        }
    }

    private static func identifiers(_ reply: RedisValue) -> [Identifier] {
        (reply.array ?? []).compactMap { $0.text.flatMap { Identifier($0) } }
    }

    private static func digest(ofUser user: String) -> String { digest(user) }

    private static func digest(_ text: String) -> String { Hex.encode(Array(SHA256.hash(data: Array(text.utf8)))) }
}

/// Why a session could not be read or changed.
package enum SessionStoreError: Error, Sendable, Hashable {
    /// Redis does not respond, or refuses writes.
    case unavailable
}
