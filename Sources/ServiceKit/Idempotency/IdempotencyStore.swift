package import Configuration
package import ConfigurationChecks
import Crypto
import Entities
import HTTPTypes
import JSONCoding
package import KeyRotation
package import Logging
import NIOCore
package import PostgresClient
package import Primitives
package import Sealing
import Synchronization
import WorkQueue

/// The idempotency keys of a service, in its database.
package struct IdempotencyStore: Sendable {
    /// Answers beyond this size are not kept: a repetition gives them anew.
    private static let maximumAnswer = 1 << 20

    private let pool: PostgresPool
    private let sealer: Sealer
    private let fingerprintSecret: SymmetricKey
    private let otherFingerprintSecrets: [SymmetricKey]
    private let lease: Duration
    private let clock: any WallClock
    private let logger: Logger
    /// Releases that wait for the database.
    private let releases = BoundedCount(limit: 1000)

    private static let claimSetting = Setting.duration(
        "IDEMPOTENCY_CLAIM_SECONDS", default: 60, in: 1...600,
        "How long a request with a key may take before a repetition may process it. After a crash, repetitions return 409 for at most this time"
    )

    package static let configurationKeys = ConfigurationKeys("repeated requests", [claimSetting])

    /// Reads the setting.
    /// - Parameters:
    ///   - pool: The service's database.
    ///   - keys: They seal responses and key the fingerprints of requests, because both may contain secrets.
    /// - Throws: ``ConfigurationFailure`` when the key's value is out of range.
    package init(
        pool: PostgresPool, keys: EncryptionKeys, reader: ConfigReader, clock: any WallClock, logger: Logger
    ) throws(ConfigurationFailure) {
        self.pool = pool
        sealer = Sealer(keys: keys, purpose: Self.sealingPurpose)
        fingerprintSecret = keys.current.derived(for: "idempotency-fingerprint")
        otherFingerprintSecrets = keys.others.map { $0.derived(for: "idempotency-fingerprint") }
        lease = try reader.value(Self.claimSetting)
        self.clock = clock
        self.logger = logger
    }

    /// The key of a request; nil for a request without one.
    /// - Throws: 400 for a key in a wrong form.
    func key(
        of request: OperationRequest, to operation: Operation, caller: IdempotencyOwner, in scope: TenantScope
    ) throws(HTTPFailure) -> IdempotencyKey? {
        try IdempotencyKey(
            request, parameters: operation.parameters, caller: caller, in: scope, secret: fingerprintSecret,
            others: otherFingerprintSecrets)
    }

    /// What a request with a key meets.
    enum Beginning: Sendable {
        /// Nobody has carried it out: the caller does, and nobody else for the time of the lease.
        case run(IdempotencyClaim)
        /// It was carried out; this was answered.
        case answered(OperationResponse)
        /// It had its effect, but its answer is not there, and who carried it out had the time to keep it.
        case applied(resource: Identifier?)
    }

    /// Claims a request.
    /// - Throws: 422 when the key was used for another request, 409 while the request is being carried out.
    func begin(_ key: IdempotencyKey, in scope: TenantScope) async throws -> Beginning {
        let now = clock.now()
        let claim = IdempotencyClaim(key: key, owner: .v4(), instant: now)
        var batch = PostgresBatch(settings: scope.settings)
        batch.add(
            Self.claim,
            [
                .bytes(key.hash), .bytes(key.fingerprint), .identifier(claim.owner),
                .timestamp(now.adding(lease)), .timestamp(now),
                .textArray(([key.fingerprint] + key.otherFingerprints).map { Hex.encode($0) }),
            ])
        let found = batch.add(Self.find, [.bytes(key.hash)])
        guard let row = try await results(of: batch, claim, in: scope)[found].first else {
            throw HTTPFailure.unavailable()
        }
        guard key.matches(try row.bytes(0)) else {
            throw HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: "This Idempotency-Key was used for another request. Use a new key for a new request.",
                code: "IDEMPOTENCY_KEY_REUSED")
        }
        if try row.identifier(1) == claim.owner { return .run(claim) }
        if let status = try row.intIfPresent(5), let answer = try answer(row, status: status, key: key) {
            return .answered(answer)
        }
        let end = try row.timestamp(2)
        // A stored answer that cannot be opened counts as lost. Without one, it may still come until the claim ends.
        let isApplied = try row.timestampIfPresent(3) != nil
        if try row.intIfPresent(5) != nil || (isApplied && end <= now) {
            return .applied(resource: try row.identifierIfPresent(4))
        }
        let seconds = max(1, end.duration(since: now).components.seconds)
        throw HTTPFailure(
            .conflict, name: "ConflictError",
            message: "A request with this Idempotency-Key is in progress. Repeat it later.",
            code: "IDEMPOTENCY_IN_PROGRESS", headers: [.retryAfter: String(min(seconds, 60))])
    }

    private func results(
        of batch: PostgresBatch, _ claim: IdempotencyClaim, in scope: TenantScope
    ) async throws -> [PostgresResult] {
        do {
            return try await pool.run(batch)
        } catch {
            guard error.isOutcomeUnknown else { throw error }
            // Only the claim may have been made. Nobody uses it, so a repetition must not wait for its end.
            await release(claim, in: scope)
            throw HTTPFailure.unavailable()
        }
    }

    /// Keeps the answer of the request that was carried out, whatever has been kept meanwhile. A failure is only logged:
    /// the answer can be given again.
    func finish(_ claim: IdempotencyClaim, _ response: OperationResponse, in scope: TenantScope) async {
        await keep(response, of: claim.key, owner: claim.owner, in: scope)
    }

    /// Keeps an answer that was made again, unless there is one by now.
    func finish(_ key: IdempotencyKey, recovered response: OperationResponse, in scope: TenantScope) async {
        await keep(response, of: key, owner: nil, in: scope)
    }

    private func keep(
        _ response: OperationResponse, of key: IdempotencyKey, owner: Identifier?, in scope: TenantScope
    ) async {
        do {
            let body = response.body.map { Array($0.readableBytesView) } ?? []
            guard body.count <= Self.maximumAnswer else {
                // Nobody needs to wait for it.
                if let owner { try await end(key, owner: owner, in: scope) }
                return
            }
            let stored = try sealer.seal(body, label: Self.label(key))
            _ = try await pool.query(
                Self.answered,
                [
                    .bytes(key.hash), .int16(Int16(response.status.code)),
                    .optional(response.headers[.location], PostgresValue.text),
                    response.body == nil ? .null : .text(response.mediaType),
                    .optional(response.headers[.eTag], PostgresValue.text),
                    response.body == nil ? .null : .bytes(stored), .optional(owner, PostgresValue.identifier),
                ], settings: scope.settings)
        } catch {
            logger.warning(
                "The answer of a request with an Idempotency-Key was not kept", metadata: ["error": "\(error)"])
            // It can be made again at once; nobody needs to wait for it.
            if let owner { try? await end(key, owner: owner, in: scope) }
        }
    }

    /// Releases the claim of a request that has failed: without an effect the same key may be used for another attempt,
    /// and after one its answer can be made again.
    ///
    /// When the database is away, which may be why the request failed, it is tried again in the background for as long as
    /// the claim lasts, so that nobody waits for the end of a claim after an outage of seconds.
    func release(_ claim: IdempotencyClaim, in scope: TenantScope) async {
        do { try await tryRelease(claim, in: scope) } catch {
            guard error.isDependencyUnavailable, releases.begin() else { return }
            let end = ContinuousClock.now.advanced(by: lease)
            Task {
                _ = await repeating(while: { _ in ContinuousClock.now < end }) {
                    try await tryRelease(claim, in: scope)
                }
                releases.end()
            }
        }
    }

    private func tryRelease(_ claim: IdempotencyClaim, in scope: TenantScope) async throws(PostgresError) {
        var batch = PostgresBatch(settings: scope.settings)
        // Waits for a transaction that may still commit; the second statement sees what it has done.
        batch.add(Self.released, [.bytes(claim.key.hash), .identifier(claim.owner)])
        batch.add(Self.ended, [.bytes(claim.key.hash), .identifier(claim.owner), .timestamp(clock.now())])
        _ = try await pool.run(batch)
    }

    /// Ends the claim of a request that had its effect.
    private func end(_ key: IdempotencyKey, owner: Identifier, in scope: TenantScope) async throws(PostgresError) {
        _ = try await pool.query(
            Self.ended, [.bytes(key.hash), .identifier(owner), .timestamp(clock.now())], settings: scope.settings)
    }

    /// Forgets keys that were made before an instant.
    /// - Returns: How many.
    @discardableResult
    package func purge(before instant: Timestamp) async throws(PostgresError) -> Int {
        var purged = 0
        while true {
            let count = try await pool.query(
                Self.purged, [.timestamp(instant)], settings: TenantScope.everyTenant
            ).affectedRows
            purged += count
            if count == 0 { return purged }
        }
    }

    /// Nil for an answer that was sealed under another secret: then it has to be given anew.
    private func answer(_ row: PostgresRow, status: Int, key: IdempotencyKey) throws -> OperationResponse? {
        var headers: HTTPFields = [.idempotencyReplayed: "true"]
        if let location = try row.textIfPresent(6) { headers[.location] = location }
        if let tag = try row.textIfPresent(8) { headers[.eTag] = tag }
        var body: ByteBuffer?
        if let stored = try row.bytesIfPresent(9) {
            guard let clear = try? sealer.open(stored, label: Self.label(key)) else { return nil }
            body = ByteBuffer(bytes: clear)
        }
        return OperationResponse(
            status: HTTPResponse.Status(code: status), headers: headers, body: body,
            mediaType: try row.textIfPresent(7) ?? OperationResponse.jsonMediaType)
    }

    private static func label(_ key: IdempotencyKey) -> String { label(hash: Hex.encode(key.hash)) }

    private static func label(hash: String) -> String { "idempotency/\(hash)" }

    private static let sealingPurpose = "idempotency"

    /// The answers, as `arc keys rotate` finds them.
    package static let sealedColumn = SealedColumn(
        "main.idempotency_keys", "answer", key: [.init("key_hash", "bytea")], purpose: sealingPurpose
    ) { row in
        // The text form of `bytea` is `\\x` and digits.
        SealedPlace(label(hash: String(row.text("key_hash").dropFirst(2))))
    }

    // MARK: SQL

    /// Claims a key that is new, or whose claim has expired without an effect; its age starts anew, so that the key outlives
    /// the effect by the whole retention. Parameters: hash, fingerprint, owner, end of the claim, now, fingerprints under all keys.
    private static let claim: PostgresStatement = """
        INSERT INTO main.idempotency_keys AS present
            (key_hash, fingerprint, tenant_id, claim, claimed_until, created_on)
        VALUES ($1, $2, current_setting('app.tenant_id'), $3, $4, $5)
        ON CONFLICT (key_hash) DO UPDATE
        SET claim = excluded.claim, claimed_until = excluded.claimed_until, created_on = excluded.created_on
        WHERE encode(present.fingerprint, 'hex') = ANY ($6) AND present.applied_on IS NULL AND present.status IS NULL
            AND present.claimed_until < $5
        """

    private static let find: PostgresStatement = """
        SELECT fingerprint, claim, claimed_until, applied_on, resource_id, status, location, media_type, etag, answer
        FROM main.idempotency_keys WHERE key_hash = $1
        """

    private static let answered: PostgresStatement = """
        UPDATE main.idempotency_keys
        SET status = $2, location = $3, media_type = $4, etag = $5, answer = $6
        WHERE key_hash = $1 AND (claim = $7 OR ($7 IS NULL AND status IS NULL))
        """

    private static let ended: PostgresStatement = """
        UPDATE main.idempotency_keys SET claimed_until = $3
        WHERE key_hash = $1 AND claim = $2 AND applied_on IS NOT NULL AND status IS NULL
        """

    private static let released: PostgresStatement = """
        DELETE FROM main.idempotency_keys
        WHERE key_hash = $1 AND claim = $2 AND applied_on IS NULL AND status IS NULL
        """

    private static let purged: PostgresStatement = """
        DELETE FROM main.idempotency_keys WHERE key_hash IN (
            SELECT key_hash FROM main.idempotency_keys WHERE created_on < $1
            ORDER BY created_on LIMIT 1000 FOR UPDATE SKIP LOCKED)
        """
}

/// Counts what is under way, up to a limit.
private final class BoundedCount: Sendable {
    private let count = Mutex(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// - Returns: False when the limit is reached; nothing is counted then.
    func begin() -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func end() { count.withLock { $0 -= 1 } }
}
