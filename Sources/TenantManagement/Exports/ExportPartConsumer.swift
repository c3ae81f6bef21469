import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Collects the rows of other services for archives. Deliveries leave no mark: a part is stored once, by its position.
struct ExportPartConsumer: Sendable {
    static let group = "tenant-management-exports"
    static let types: Set<String> = [EventType.tenantExportPart]

    let pool: PostgresPool

    func handle(_ delivery: EventDelivery) async throws {
        let data = try? JSONValue.parse(stored: delivery.event.data)
        guard let tenant = delivery.event.tenantID, let data,
            let export = data["exportId"]?.stringValue.flatMap({ Identifier($0) }),
            let position = data["position"]?.intValue, position >= 0, let isLast = data["isLast"]?.boolValue,
            let text = data["text"]?.stringValue
        else { throw EventRejection(reason: "the event is not a part of an export") }
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        let statements = ExportRepository.store(
            part: position, isLast: isLast, text, of: export, tenant: tenant)
        batch.add(contentsOf: statements)
        _ = try await pool.run(batch)
    }
}
