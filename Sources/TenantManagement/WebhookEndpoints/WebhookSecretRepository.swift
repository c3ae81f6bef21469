import Entities
import KeyRotation
import PostgresClient
import Primitives
import Sealing
import WorkQueue

/// SQL of the keys of endpoints: `main.webhook_secrets`.
struct WebhookSecretRepository: Sendable {
    let pool: PostgresPool
    let sealer: Sealer

    /// What keys are sealed for.
    static let sealingPurpose = "webhook-endpoints"

    /// Keys of one endpoint that are valid at the same time; rotating more often ends the oldest early.
    static let maximumKeys = 4

    /// The statement that stores the current key of an endpoint. Its owner is the endpoint's.
    /// - Throws: ``SealingError``.
    func insert(
        _ key: WebhookKey, endpoint: Identifier, reason: String?, in context: WriteContext
    ) throws(SealingError) -> BoundStatement {
        let id = Identifier.v7(at: context.now)
        let place = Self.place(id.description, endpoint: endpoint.description)
        let sealed = try sealer.seal(Array(key.text.utf8), label: place.label, formerLabel: place.formerLabel)
        return BoundStatement(
            Self.insertion,
            [
                .identifier(id), .identifier(endpoint), .text(key.signing.rawValue), .bytes(sealed),
                .optional(reason, PostgresValue.text), .optional(context.actor.identifier) { .identifier($0) },
            ])
    }

    private static let insertion: PostgresStatement = """
        INSERT INTO main.webhook_secrets (id, endpoint_id, owner_id, signing, sealed, reason, created_by)
        SELECT $1, id, owner_id, $3, $4, $5, $6 FROM main.webhook_endpoints WHERE id = $2
        """

    /// What binds a key to its row. Those that do not name what they were sealed under are bound to the endpoint only.
    private static func place(_ id: String, endpoint: String) -> SealedPlace {
        SealedPlace("webhook_secrets/\(id)/\(endpoint)", former: endpoint)
    }

    /// The keys, as `arc keys rotate` finds them.
    static let sealedColumn = SealedColumn(
        "main.webhook_secrets", "sealed", key: [.init("id", "uuid")], reading: ["endpoint_id"], purpose: sealingPurpose
    ) { row in place(row.text("id"), endpoint: row.text("endpoint_id")) }

    /// The key that was sealed for an endpoint; nil when it cannot be opened.
    /// - Parameter id: Of the key's row.
    func open(_ sealed: [UInt8], id: Identifier, endpoint: Identifier) -> WebhookKey? {
        let place = Self.place(id.description, endpoint: endpoint.description)
        guard let clear = try? sealer.open(sealed, label: place.label, formerLabel: place.formerLabel) else {
            return nil
        }
        return WebhookKey(text: String(decoding: clear, as: UTF8.self))
    }

    /// The current key.
    /// - Throws: ``WebhookEndpointError``.
    func current(of endpoint: Identifier, in scope: TenantScope) async throws -> WebhookKey {
        guard let key = try await find(endpoint, in: scope) else { throw WebhookEndpointError.keyUnreadable }
        return key
    }

    /// The current key; nil when it cannot be opened, or the endpoint has none because it was imported.
    /// - Throws: ``WebhookEndpointError/notFound``.
    func find(_ endpoint: Identifier, in scope: TenantScope) async throws -> WebhookKey? {
        let result = try await pool.query(
            Self.reading, [.identifier(endpoint)], settings: scope.settings, as: .read)
        guard let row = result.first else { throw WebhookEndpointError.notFound }
        guard let sealed = try row.bytesIfPresent(0) else { return nil }
        return open(sealed, id: try row.identifier(1), endpoint: endpoint)
    }

    private static let reading: PostgresStatement = """
        SELECT secret.sealed, secret.id
        FROM main.webhook_endpoints AS endpoint LEFT JOIN main.webhook_secrets AS secret
            ON secret.endpoint_id = endpoint.id AND secret.expires_on IS NULL
        WHERE endpoint.id = $1 AND NOT endpoint.deleted
        """

    /// Replaces the current key, in one transaction. The former one signs as well until the overlap is over.
    /// - Throws: ``WebhookEndpointError/notFound``.
    func rotate(
        _ endpoint: Identifier, to key: WebhookKey, overlap: Duration, reason: String?, in context: WriteContext
    ) async throws {
        var batch = context.batch(resource: endpoint)
        // Also the lock that makes concurrent rotations follow one another.
        let change = batch.add(
            Self.changing,
            [
                .identifier(endpoint), .text(key.signing.rawValue),
                .optional(context.actor.identifier) { .identifier($0) },
            ])
        batch.add(Self.ending, [.identifier(endpoint), .microseconds(overlap)])
        batch.add(try insert(key, endpoint: endpoint, reason: reason, in: context))
        batch.add(Self.cleaning, [.identifier(endpoint)])
        do {
            _ = try await pool.run(batch)
        } catch {
            guard error.isGuardViolation, error.statementIndex == change else { throw error }
            throw WebhookEndpointError.notFound
        }
    }

    private static let changing: PostgresStatement = """
        WITH changed AS (
            UPDATE main.webhook_endpoints SET signing = $2, modified_by = $3 WHERE id = $1 AND NOT deleted RETURNING 1)
        SELECT 1 / count(*) FROM changed
        """

    private static let ending: PostgresStatement = """
        UPDATE main.webhook_secrets SET expires_on = now() + $2 * interval '1 microsecond'
        WHERE endpoint_id = $1 AND expires_on IS NULL
        """

    private static let cleaning = PostgresStatement(
        """
        DELETE FROM main.webhook_secrets WHERE endpoint_id = $1 AND expires_on IS NOT NULL
            AND (expires_on <= now() OR id NOT IN (
                SELECT id FROM main.webhook_secrets WHERE endpoint_id = $1
                ORDER BY created_on DESC, id DESC LIMIT \(maximumKeys)))
        """)

    /// Deletes keys whose time is over.
    func purge() async throws(PostgresError) {
        _ = try await pool.query(Self.purging, settings: TenantScope.everyTenant)
    }

    private static let purging: PostgresStatement = "DELETE FROM main.webhook_secrets WHERE expires_on < now()"

    /// The statements that fail (`isGuardViolation`) when the owner of a new endpoint has more than `limit`; the second one
    /// is the guard. For the transaction of the insert, after it.
    static func limit(_ limit: Int, of owner: Identifier) -> [BoundStatement] {
        [
            BoundStatement(locking, [.text("webhook endpoints of \(owner)")]),
            BoundStatement(counting, [.identifier(owner), .int64(Int64(limit))]),
        ]
    }

    private static let locking: PostgresStatement = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

    private static let counting: PostgresStatement = """
        SELECT 1 / (count(*) <= $2)::integer FROM main.webhook_endpoints WHERE owner_id = $1 AND NOT deleted
        """
}
