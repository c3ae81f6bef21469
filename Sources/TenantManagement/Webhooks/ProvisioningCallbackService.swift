import Entities
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
    let logger: Logger

    /// Applies a verified callback to the provisioning whose secret has signed it, and to no other. One that was applied
    /// before has no further effect.
    /// - Throws: ``CallbackError/refused`` when that provisioning is not open.
    func apply(
        _ callback: ProvisioningCallback, delivery: WebhookVerifier.Delivery, requestBody: [UInt8],
        in context: WriteContext
    ) async throws {
        let digest = CallbackDigest(body: requestBody)
        if let moved = try await move(delivery, callback, digest: digest.ofContent, in: context) {
            notifications.wakeUp()
            await cache.invalidate([moved])
            await copies.remove(delivery.tenant)
        } else {
            // The same report again is a retry of a pipeline that has not seen our answer. It may have been applied at
            // this very moment, so it is looked up anew.
            guard let before = try await repository.provisioning(delivery.context),
                before.status == (callback.succeeded ? 1 : 2),
                digest.matches(before.callbackDigest)
            else { throw CallbackError.refused }
            // Whoever applied it may not have come as far as the cache.
            await cache.invalidate(uncertain: delivery.tenant)
        }
    }

    /// Thrown to roll back: the provisioning was closed since the callback was verified.
    private struct NotOpen: Error {}

    /// The transaction. It locks the tenant before its provisioning, as all other writers do.
    /// - Returns: The tenant with its new version; nil when the provisioning is not open, and then nothing was changed.
    private func move(
        _ delivery: WebhookVerifier.Delivery, _ callback: ProvisioningCallback, digest: [UInt8],
        in context: WriteContext
    ) async throws -> RowVersion? {
        do {
            return try await context.withTransaction(on: pool, resource: nil) { transaction in
                let moved = try await transaction.query(
                    Self.moveTenant,
                    [
                        .identifier(delivery.tenant),
                        .int16(Int16((callback.succeeded ? Tenant.Status.active : .provisionFailed).rawValue)),
                        .optional(context.actor.identifier) { .identifier($0) },
                    ])
                guard let row = moved.first else { return nil }
                let closed = try await transaction.query(
                    ProvisioningRepository.close(
                        delivery.context, succeeded: callback.succeeded, digest: digest, now: context.now))
                guard closed.affectedRows == 1 else { throw NotOpen() }
                if callback.succeeded {
                    try await store(callback.resources, tenant: delivery.tenant, in: context, transaction)
                    try await welcome(
                        delivery.tenant, name: try row.text(0), link: callback.appPlaneURL ?? "", now: context.now,
                        in: transaction)
                }
                _ = try await transaction.query(
                    Outbox.insert(try event(for: callback, tenant: delivery.tenant, in: context)))
                return RowVersion(id: delivery.tenant, version: try row.int64(1))
            }
        } catch is NotOpen {
            return nil
        }
    }

    private static let moveTenant: PostgresStatement = """
        UPDATE main.tenants SET status = $2, modified_by = $3 WHERE id = $1 AND status = 2 AND NOT deleted
        RETURNING name, row_version
        """

    /// Stores all resources in one statement; one that is there already (a tenant provisioned again) gets the new facts.
    private func store(
        _ resources: [ProvisioningCallback.CreatedResource], tenant: Identifier, in context: WriteContext,
        _ transaction: borrowing PostgresTransaction
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
            """
            INSERT INTO main.resources (id, type, metadata, external_identifier, tenant_id, created_by, modified_by)
            SELECT DISTINCT ON (r.name, r.type) r.id, r.type, r.metadata, r.name, $1, $3::uuid, $3::uuid
            FROM jsonb_to_recordset($2) AS r(id uuid, type text, metadata jsonb, name text)
            ON CONFLICT (tenant_id, external_identifier, type) DO UPDATE
            SET metadata = excluded.metadata, modified_by = excluded.modified_by,
                deleted = false, deleted_on = NULL, deleted_by = NULL
            """,
            [
                .identifier(tenant), .json(writer.bytes), .optional(context.actor.identifier) { .identifier($0) },
            ])
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
        for callback: ProvisioningCallback, tenant: Identifier, in context: WriteContext
    ) throws -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.value([
            "tenantId": .string(tenant.description), "status": .number(JSONNumber(callback.succeeded ? 1 : 0)),
        ])
        return try EventEnvelope(
            id: .v7(at: context.now),
            type: callback.succeeded ? EventType.tenantProvisioningSuccess : EventType.tenantProvisioningFailure,
            tenantId: tenant, occurredAt: context.now, trace: context.trace, data: writer.bytes)
    }
}
