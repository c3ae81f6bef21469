import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// Erases the personal data of off-boarded tenants and keeps what invoices need. Which fields that are is part of the descriptions of
/// the entities; the other services erase theirs when they receive the event.
struct ErasureService: Sendable {
    let pool: PostgresPool
    let repository: ErasureRepository
    let catalog: EntityCatalog
    let cache: EntityCache
    /// The names of the entities whose changes are erased from the audit log.
    let loggedEntities: [String]

    /// `POST /tenants/{id}/erase`. Once more, it has no further effect.
    /// - Returns: The certificate.
    /// - Throws: ``ErasureError``.
    func erase(_ tenant: Identifier, in context: WriteContext) async throws -> [UInt8] {
        let certificate = try await cache.observing(tenant) {
            try await context.withTransaction(on: pool, resource: tenant) { transaction in
                try await erase(tenant, in: context, transaction)
            }
        }
        await cache.invalidate(uncertain: tenant)
        return certificate
    }

    /// The certificate of a tenant.
    /// - Throws: ``ErasureError``.
    func certificate(of tenant: Identifier) async throws -> [UInt8] {
        guard let certificate = try await repository.certificate(of: tenant) else { throw ErasureError.notErased }
        return certificate
    }

    private func erase(
        _ tenant: Identifier, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws -> [UInt8] {
        guard let locked = try await SuspensionRepository.lock(tenant, transaction) else {
            throw ErasureError.tenantNotFound
        }
        if let before = try await ErasureRepository.certificate(of: tenant, transaction) { return before }
        let offboarding = try await OffboardingRepository.latest(of: tenant, transaction)
        guard locked.status == .inactive, let offboarding, offboarding.state == .done, !offboarding.isSuperseded else {
            throw ErasureError.notOffboarded
        }
        let circumstances = try await ErasureRepository.circumstances(of: tenant, transaction)
        _ = try await transaction.query(ErasureRepository.disableWebhooks(of: tenant))
        var removed: [(table: String, rows: Int)] = []
        for removal in ErasureRepository.removals {
            let result = try await transaction.query(removal.statement, [.identifier(tenant)])
            removed.append((removal.table, result.affectedRows))
        }
        var erased: [ErasureCertificate.Part] = []
        var kept: [ErasureCertificate.Part] = []
        // The address of the lead that became the tenant need not be the tenant's.
        var targets = catalog.entities.map { ($0, tenant) }
        if let lead = circumstances.lead { targets.append((Address.entity, lead)) }
        for (entity, owner) in targets {
            let erasure = EntityErasure(entity, of: owner, keepsFiscalRecords: circumstances.hasInvoices)
            guard let erasure else { continue }
            if let statement = erasure.statement {
                let rows = try await transaction.query(statement).affectedRows
                erased.append(.init(entity: entity.name, fields: erasure.fields, rows: rows))
            }
            if !erasure.keptFields.isEmpty, owner == tenant {
                kept.append(.init(entity: entity.name, fields: erasure.keptFields, rows: 0))
            }
        }
        let certificate = ErasureCertificate(
            tenant: tenant, erasedOn: context.now, erasedBy: context.actor.text, erased: erased, removed: removed,
            kept: kept
        ).json
        _ = try await transaction.query(ErasureRepository.store(certificate, of: tenant, in: context))
        // Last, because what was erased before has left its former values in the log.
        _ = try await transaction.query(
            AuditErasure.statement(
                of: tenant, others: [circumstances.lead, circumstances.leadAddress].compactMap(\.self),
                entities: loggedEntities))
        _ = try await transaction.query(Outbox.insert(try event(tenant, in: context)))
        return certificate
    }

    private func event(_ tenant: Identifier, in context: WriteContext) throws -> EventEnvelope {
        var writer = JSONWriter(reservingCapacity: 64)
        writer.value(["tenantId": .identifier(tenant)])
        return try EventEnvelope(
            id: .v7(at: context.now), type: EventType.tenantErased, tenantID: tenant, occurredAt: context.now,
            trace: context.trace, data: writer.bytes)
    }
}
