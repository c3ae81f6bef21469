import Entities
package import PostgresClient
package import Primitives

/// SQL of leads.
package struct LeadRepository: Sendable {
    let pool: PostgresPool

    /// Whether a lead with this address is validated.
    package func isValidated(_ email: EmailAddress) async throws(PostgresError) -> Bool {
        let result = try await pool.query(
            Self.isValidated, [.text(email.text)], settings: TenantScope.everyTenant, as: .read)
        return try result.first?.bool(0) ?? false
    }

    /// The trace that a transaction that inserts a lead leaves in it.
    static func settings(_ trace: TraceContext?) -> [PostgresSetting] {
        trace.map { [PostgresSetting("app.traceparent", $0.stored)] } ?? []
    }

    /// A function of the owner: see migration 13.
    package static let isValidated: PostgresStatement = "SELECT main.is_validated_email($1)"

    /// The statement that stores the hash of a key.
    static func insertKey(
        _ key: LeadKey, lead: Identifier, expires: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            "INSERT INTO main.lead_keys (key_hash, lead_id, expires_on) VALUES ($1, $2, $3)",
            [.bytes(key.hash), .identifier(lead), .timestamp(expires)])
    }

    /// The result of using a key.
    enum Redemption: Sendable {
        /// The lead is validated.
        /// - Parameter trace: The trace in which it has registered.
        case validated(trace: TraceContext?)
        /// The key is unknown, used, expired, or another lead's.
        case refused
    }

    /// Uses a key and validates its lead, in one statement, so that a key works once even if it is used concurrently.
    /// - Throws: a unique violation when another lead with this address was validated in the meantime.
    func redeem(
        _ key: LeadKey, lead: Identifier, in context: WriteContext
    ) async throws(PostgresError) -> Redemption {
        var batch = context.batch(resource: lead)
        batch.add(
            Self.redeem,
            [
                .bytes(key.hash), .identifier(lead), .timestamp(context.now),
                .optional(context.actor.identifier) { .identifier($0) },
            ])
        do {
            let row = try await pool.run(batch).last?.first
            return .validated(trace: try row?.textIfPresent(1).flatMap { TraceContext(stored: $0) })
        } catch {
            guard error.isGuardViolation else { throw error }
            return .refused
        }
    }

    /// Fails (`isGuardViolation`) for a key that is refused, so that nothing of its transaction happens.
    private static let redeem: PostgresStatement = """
        WITH used AS (
            UPDATE main.lead_keys SET used_on = $3
            WHERE key_hash = $1 AND lead_id = $2 AND used_on IS NULL AND expires_on > $3
            RETURNING lead_id),
        validated AS (
            UPDATE main.leads SET is_validated = true, modified_by = $4 FROM used
            WHERE leads.id = used.lead_id AND NOT leads.deleted
            RETURNING leads.traceparent)
        SELECT 1 / count(*), max(traceparent) FROM validated
        """

    /// A lead as onboarding needs it.
    struct Prospect: Sendable {
        let firstName: String
        let lastName: String
        let companyName: String
        let email: String
        let addressID: Identifier?
        /// The lead's address; nil when it has none. Values in the order of ``Address/parts``.
        let address: [String?]?
        let hasTenant: Bool
        let isValidated: Bool
        /// The trace in which it has registered.
        let trace: TraceContext?
    }

    /// The lead with its address, and whether it has a tenant; nil when there is no such lead.
    func prospect(_ id: Identifier) async throws(PostgresError) -> Prospect? {
        let result = try await pool.query(
            """
            SELECT l.first_name, l.last_name, coalesce(l.company_name, ''), l.email, l.is_validated, l.address_id,
                EXISTS (SELECT 1 FROM main.tenants AS t WHERE t.lead_id = l.id AND NOT t.deleted),
                a.address, a.city, a.state, a.zip, a.country, l.traceparent
            FROM main.leads AS l LEFT JOIN main.addresses AS a ON a.id = l.address_id AND NOT a.deleted
            WHERE l.id = $1 AND NOT l.deleted
            """, [.identifier(id)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return nil }
        let addressID = try row.identifierIfPresent(5)
        var address: [String?] = []
        for column in 7..<12 { address.append(try row.textIfPresent(column)) }
        return Prospect(
            firstName: try row.text(0), lastName: try row.text(1), companyName: try row.text(2),
            email: try row.text(3), addressID: addressID, address: addressID == nil ? nil : address,
            hasTenant: try row.bool(6), isValidated: try row.bool(4),
            trace: try row.textIfPresent(12).flatMap { TraceContext(stored: $0) })
    }

    /// Removes leads that were never validated, with their keys and with addresses that nobody else has, the oldest first.
    /// Leads from before there was a retention count as registered when it was introduced.
    /// - Returns: How many were removed, at most `limit`.
    func purgeUnvalidated(before instant: Timestamp, limit: Int) async throws(PostgresError) -> Int {
        let result = try await pool.query(
            """
            WITH old AS (
                SELECT id FROM main.leads WHERE NOT is_validated AND created_on < $1
                    AND $1 > (SELECT min(since) FROM main.lead_retention)
                    AND NOT EXISTS (SELECT FROM main.tenants WHERE tenants.lead_id = leads.id)
                ORDER BY created_on LIMIT $2 FOR UPDATE SKIP LOCKED),
            removed AS (DELETE FROM main.leads USING old WHERE leads.id = old.id RETURNING leads.address_id),
            addresses AS (
                DELETE FROM main.addresses USING removed WHERE addresses.id = removed.address_id
                    AND NOT EXISTS (SELECT FROM main.tenants WHERE tenants.address_id = addresses.id)
                    AND NOT EXISTS (
                        SELECT FROM main.leads WHERE leads.address_id = addresses.id
                            AND leads.id NOT IN (SELECT id FROM old)))
            SELECT count(*) FROM removed
            """, [.timestamp(instant), .int64(Int64(limit))], settings: TenantScope.everyTenant)
        return Int(try result.first?.int64(0) ?? 0)
    }

    /// Removes keys that have expired.
    package func purgeKeys(before instant: Timestamp) async throws(PostgresError) {
        _ = try await pool.query(
            "DELETE FROM main.lead_keys WHERE expires_on < $1", [.timestamp(instant)],
            settings: TenantScope.everyTenant)
    }
}
