import Logging
import MessageBus
import Sealing

/// Stores requests for the application data of tenants, which a worker serves.
struct DataExportConsumer: Sendable {
    let store: DataExportStore
    let secrets: EventSecretSealer
    let logger: Logger

    /// - Throws: `EventRejection` for an event that can never be answered; `PostgresError` when it has to come again.
    func handle(_ delivery: EventDelivery) async throws {
        let request = try DataExportRequest(delivery.event, secrets: secrets)
        let isNew = try await store.enqueue(request)
        logger.info(
            isNew ? "a request for a tenant's data is stored" : "the request for a tenant's data was stored before",
            metadata: ["tenantId": "\(request.tenantID)", "exportId": "\(request.export)"])
    }
}
