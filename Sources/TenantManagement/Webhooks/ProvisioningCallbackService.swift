import Crypto
import Entities
import FoundationEssentials
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Applies what a pipeline reports: tenant, resources, provisioning, welcome mail and event in one transaction.
struct ProvisioningCallbackService: Sendable {
    let pool: PostgresPool
    let repository: ProvisioningRepository
    let cache: EntityCache
    let notifications: NotificationQueue
    let copies: WebhookSecretCopies
    /// Whose the changes are: a pipeline is nobody's user.
    let systemUser: SystemUser
    let clock: any WallClock
    let logger: Logger

    /// Applies a verified call-back. One that was applied before has no further effect.
    /// - Throws: 401 when the tenant is not being provisioned (contract 9.5).
    func apply(
        _ callback: ProvisioningCallback, delivery: WebhookVerifier.Delivery, requestBody: [UInt8]
    ) async throws {
        let digest = Array(SHA256.hash(data: Data(requestBody)))
        let now = clock.now()
        let applied = try await pool.withTransaction(settings: TenantScope.everyTenant) { transaction -> RowVersion? in
            let moved = try await transaction.query(
                Self.moveTenant,
                [
                    .identifier(delivery.tenant),
                    .int16(Int16((callback.succeeded ? Tenant.Status.active : .provisionFailed).rawValue)),
                    .optional(systemUser.identifier) { .identifier($0) },
                ])
            guard let row = moved.first else { return nil }
            if callback.succeeded {
                try await store(callback.resources, tenant: delivery.tenant, now: now, in: transaction)
            }
            let close = ProvisioningRepository.close(
                tenant: delivery.tenant, succeeded: callback.succeeded, digest: digest, now: now)
            _ = try await transaction.query(close)
            if callback.succeeded {
                try await welcome(
                    delivery.tenant, name: try row.text(0), link: callback.appPlaneURL ?? "", now: now, in: transaction)
            }
            let event = try event(for: callback, tenant: delivery.tenant, now: now)
            let insert = Outbox.insert(event)
            _ = try await transaction.query(insert)
            return RowVersion(id: delivery.tenant, version: try row.int64(1))
        }
        if let applied {
            notifications.wakeUp()
            await cache.invalidate([applied])
            await copies.remove(delivery.tenant)
        } else {
            // The same report again is a retry of a pipeline that has not seen our answer. It may have been applied at
            // this very moment, so it is looked up anew.
            guard let before = try await repository.latest(of: delivery.tenant),
                before.status == (callback.succeeded ? 1 : 2),
                before.callbackDigest == digest
            else { throw HTTPFailure.unauthorized }
            // Whoever applied it may not have come as far as the cache.
            await cache.invalidate(uncertain: delivery.tenant)
        }
    }

    private static let moveTenant: PostgresStatement = """
        UPDATE main.tenants SET status = $2, modified_by = $3 WHERE id = $1 AND status = 2 AND NOT deleted
        RETURNING name, row_version
        """

    /// Stores all resources in one statement; one that is there already (a tenant provisioned again) gets the new facts.
    private func store(
        _ resources: [ProvisioningCallback.CreatedResource], tenant: Identifier, now: Timestamp,
        in transaction: borrowing PostgresTransaction
    ) async throws {
        guard !resources.isEmpty else { return }
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginArray()
        for resource in resources {
            writer.beginObject()
            writer.key("id")
            writer.identifier(.v7(at: now))
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
            """
            INSERT INTO main.resources (id, type, metadata, external_identifier, tenant_id, created_by, modified_by)
            SELECT DISTINCT ON (r.name) r.id, r.type, r.metadata, r.name, $1, $3::uuid, $3::uuid
            FROM jsonb_to_recordset($2) AS r(id uuid, type text, metadata jsonb, name text)
            ON CONFLICT (external_identifier, tenant_id) DO UPDATE
            SET type = excluded.type, metadata = excluded.metadata, modified_by = excluded.modified_by,
                deleted = false, deleted_on = NULL, deleted_by = NULL
            """,
            [.identifier(tenant), .json(writer.bytes), .optional(systemUser.identifier) { .identifier($0) }])
    }

    /// Queues the welcome mail to the newest primary contact, in the transaction: it leaves after the commit, and a mail
    /// server that does not answer cannot undo what was provisioned.
    private func welcome(
        _ tenant: Identifier, name: String, link: String, now: Timestamp, in transaction: borrowing PostgresTransaction
    ) async throws {
        let contact = try await transaction.query(
            """
            SELECT email, first_name FROM main.contacts
            WHERE tenant_id = $1 AND is_primary AND NOT deleted ORDER BY created_on DESC LIMIT 1
            """, [.identifier(tenant)])
        guard let row = contact.first else {
            logger.info("No email found to notify tenant", metadata: ["tenantId": "\(tenant)"])
            return
        }
        let statement = try notifications.statement(
            .tenantWelcome(to: try row.text(0), tenant: name, user: try row.text(1), link: link),
            tenant: tenant, now: now)
        _ = try await transaction.query(statement)
    }

    private func event(
        for callback: ProvisioningCallback, tenant: Identifier, now: Timestamp
    ) throws -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.value([
            "tenantId": .string(tenant.description), "status": .number(JSONNumber(callback.succeeded ? 1 : 0)),
        ])
        return try EventEnvelope(
            id: .v7(at: now),
            type: callback.succeeded ? EventType.tenantProvisioningSuccess : EventType.tenantProvisioningFailure,
            tenantId: tenant, occurredAt: now, data: writer.bytes)
    }
}
