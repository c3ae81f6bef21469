import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// SQL of what a callback reports, in the transaction of the callback.
extension ProvisioningRepository {
    /// A tenant that is no longer PROVISIONING.
    struct ProvisionedTenant: Sendable {
        let name: String
        let version: RowVersion
        let createdOn: Timestamp
        /// Nil for a tenant without a lead.
        let leadCreatedOn: Timestamp?
        /// Whether no provisioning of the tenant had succeeded before.
        let isFirst: Bool
    }

    /// Ends the status PROVISIONING of a tenant.
    /// - Returns: nil when the tenant has another status.
    static func endProvisioning(
        of tenant: Identifier, as status: Tenant.Status, by actor: Actor, _ transaction: PostgresTransaction
    ) async throws -> ProvisionedTenant? {
        let result = try await transaction.query(
            ending,
            [
                .identifier(tenant), status.value,
                .optional(actor.identifier) { .identifier($0) },
            ])
        guard let row = result.first else { return nil }
        return ProvisionedTenant(
            name: try row.text(0), version: RowVersion(id: tenant, version: try row.int64(1)),
            createdOn: try row.timestamp(2), leadCreatedOn: try row.timestampIfPresent(3), isFirst: try row.bool(4))
    }

    /// Ends the request that a callback reports on, and stores the progress that the callback contains: both are seen at once.
    /// The caller has locked the tenant.
    /// - Returns: False when the request is not open, and then nothing was changed.
    static func close(
        _ callback: VerifiedCallback, as result: ProvisioningResult, now: Timestamp, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Bool {
        let progress = callback.progress
        let closed = try await transaction.query(
            closing,
            [
                .identifier(callback.delivery.context), ProvisioningStatus(result).value, .timestamp(now),
                .bytes(callback.digest.ofContent),
                // Also if the same report has come before the outcome: its end was not shown then.
                .optional(progress?.state.isOver == true ? progress?.endedOn : nil) { .timestamp($0) },
            ])
        guard closed.affectedRows == 1 else { return false }
        if let progress {
            _ = try await transaction.query(
                ProvisioningRunRepository.store(progress, tenant: callback.delivery.tenant, now: now))
        }
        return true
    }

    /// Whether a callback is the one that has closed the request: a retry of an orchestrator that has not received the response.
    /// The progress that it contains may be newer than before, and is stored.
    func acceptRepetition(
        of callback: VerifiedCallback, as result: ProvisioningResult, in context: WriteContext
    ) async throws(PostgresError) -> Bool {
        guard let before = try await provisioning(callback.delivery.context),
            before.status == ProvisioningStatus(result), callback.digest.matches(before.callbackDigest)
        else { return false }
        if let progress = callback.progress {
            try await ProvisioningRunRepository(pool: pool).store(
                progress, tenant: callback.delivery.tenant, in: context)
        }
        return true
    }

    private static let closing = PostgresStatement(
        """
        UPDATE main.provisionings SET status = $2, completed_on = $3, callback_digest = $4, ended_on = $5
        WHERE id = $1 AND status = \(ProvisioningStatus.open.rawValue)
        """)

    private static let ending = PostgresStatement(
        """
        UPDATE main.tenants SET status = $2, modified_by = $3
        WHERE id = $1 AND status = \(Tenant.Status.provisioning.rawValue) AND NOT deleted
        RETURNING name, row_version, created_on, (SELECT created_on FROM main.leads WHERE leads.id = tenants.lead_id),
            NOT EXISTS (
                SELECT 1 FROM main.provisionings
                WHERE tenant_id = tenants.id AND status = \(ProvisioningStatus.succeeded.rawValue))
        """)

    /// Stores resources in one statement. One that exists (the tenant was provisioned before) gets the new metadata.
    static func store(
        _ resources: [ProvisioningCallback.CreatedResource], of tenant: Identifier, in context: WriteContext,
        _ transaction: PostgresTransaction
    ) async throws {
        guard !resources.isEmpty else { return }
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginArray()
        for resource in resources {
            writer.beginObject()
            writer.key("id")
            writer.identifier(.v7(at: context.now))
            writer.key("type")
            writer.string(resource.type)
            writer.key("name")
            writer.string(resource.externalIdentifier)
            writer.key("metadata")
            writer.raw(resource.metadata)
            writer.endObject()
        }
        writer.endArray()
        _ = try await transaction.query(
            storing,
            [
                .identifier(tenant), .json(writer.bytes), .optional(context.actor.identifier) { .identifier($0) },
            ])
    }

    private static let storing: PostgresStatement = """
        INSERT INTO main.resources (id, type, metadata, external_identifier, tenant_id, created_by, modified_by)
        SELECT DISTINCT ON (r.name, r.type) r.id, r.type, r.metadata, r.name, $1, $3::uuid, $3::uuid
        FROM jsonb_to_recordset($2) AS r(id uuid, type text, metadata jsonb, name text)
        ON CONFLICT (tenant_id, external_identifier, type) DO UPDATE
        SET metadata = excluded.metadata, modified_by = excluded.modified_by,
            deleted = false, deleted_on = NULL, deleted_by = NULL
        """

    /// Whom the welcome mail is sent to: the newest primary contact; nil for a tenant without one.
    static func primaryContact(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws -> (email: String, firstName: String)? {
        guard let row = try await transaction.query(primary, [.identifier(tenant)]).first else { return nil }
        return (try row.text(0), try row.text(1))
    }

    private static let primary: PostgresStatement = """
        SELECT email, first_name FROM main.contacts
        WHERE tenant_id = $1 AND is_primary AND NOT deleted ORDER BY created_on DESC LIMIT 1
        """
}
