import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing

/// Requests exports: stores them, and asks those who have the tenant's data.
struct ExportRequests: Sendable {
    let configuration: ExportConfiguration
    let secrets: WebhookSecrets
    let sealer: EventSecretSealer

    init(_ configuration: ExportConfiguration, _ planner: ProvisioningPlanner) {
        self.configuration = configuration
        secrets = planner.secrets
        sealer = planner.sealer
    }

    /// Requests one in a transaction that has locked the tenant.
    /// - Returns: The id of the export that is being made.
    /// - Throws: ``ExportError``.
    func request(
        _ tenant: Identifier, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws -> Identifier {
        if try await ExportRepository.isErased(tenant, transaction) { throw ExportError.erased }
        if let open = try await ExportRepository.open(of: tenant, transaction) { return open }
        guard let subject = try await ExportRepository.subject(tenant, transaction) else { throw ExportError.notFound }
        let id = Identifier.v7(at: context.now)
        // Who was never provisioned has none.
        let withoutData =
            !subject.wasProvisioned
            ? "the tenant was never provisioned"
            : !configuration.includesData ? "it was not asked for (EXPORT_APPLICATION_DATA)" : nil
        _ = try await transaction.query(
            ExportRepository.insert(
                id, tenant: tenant, timeout: configuration.timeout, withoutData: withoutData, in: context))
        var events = [
            try event(
                EventType.tenantExportRequested, tenant,
                ["tenantId": .identifier(tenant), "exportId": .identifier(id)], in: context)
        ]
        if withoutData == nil {
            let type = EventType.tenantDataExportRequested
            events.append(
                try event(
                    type, tenant,
                    [
                        "type": .string(type),
                        "tenant": [
                            "id": .identifier(tenant), "key": .string(subject.key), "name": .string(subject.name),
                        ],
                        "secret": .string(
                            try sealer.seal(
                                secrets.secret(tenant: tenant, context: id), context: id.description)),
                        "context": .identifier(id),
                    ], in: context))
        }
        for event in events { _ = try await transaction.query(Outbox.insert(event)) }
        return id
    }

    private func event(
        _ type: String, _ tenant: Identifier, _ data: JSONObject, in context: WriteContext
    ) throws -> EventEnvelope {
        try EventEnvelope(
            id: .v7(at: context.now), type: type, tenantID: tenant, occurredAt: context.now, trace: context.trace,
            data: JSONValue.object(data).serialized())
    }
}
