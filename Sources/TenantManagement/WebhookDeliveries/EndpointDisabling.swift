import Entities
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Disables endpoints because of their answers: the change, the event and the mail to the owner are one transaction.
struct EndpointDisabling: Sendable {
    let pool: PostgresPool
    let notifications: NotificationQueue
    /// Who gets the mail about endpoints of the operator; nil: nobody, so that only the log and the event report it.
    let operatorAddress: String?
    let clock: any WallClock
    let logger: Logger

    /// Disables an endpoint, unless it is disabled or deleted already.
    func disable(_ endpoint: Identifier, because reason: WebhookEndpoint.DisabledReason) async throws {
        let now = clock.now()
        let isDisabled = try await pool.withTransaction(settings: TenantScope.everyTenant) { transaction in
            let result = try await transaction.query(EndpointDisablingStatements.disable(endpoint, because: reason))
            guard let row = result.first else { return false }
            let owner = try row.identifierIfPresent(0)
            let tenant = try row.identifierIfPresent(1)
            let host = try row.text(2)
            _ = try await transaction.query(
                Outbox.insert(try WebhookEndpointEvents.event(endpoint, of: tenant, because: reason, at: now)))
            if let address = try await recipient(of: owner, transaction) {
                _ = try await transaction.query(
                    try notifications.statement(
                        .webhookDisabled(to: address, host: host, reason: reason.rawValue), tenant: owner, now: now))
            }
            return true
        }
        guard isDisabled else { return }
        notifications.wakeUp()
        logger.warning(
            "An endpoint was disabled because of its answers",
            metadata: ["endpointId": "\(endpoint)", "reason": "\(reason.rawValue)"])
    }

    private func recipient(
        of owner: Identifier?, _ transaction: PostgresTransaction
    ) async throws -> String? {
        guard let owner else { return operatorAddress }
        return try await transaction.query(EndpointDisablingStatements.contact(of: owner)).first?.text(0)
    }
}

/// The SQL of ``EndpointDisabling``.
enum EndpointDisablingStatements {
    /// Returns owner, tenant and host, if the endpoint was enabled.
    static func disable(
        _ endpoint: Identifier, because reason: WebhookEndpoint.DisabledReason
    ) -> BoundStatement {
        BoundStatement(disabling, [.identifier(endpoint), .text(reason.rawValue)])
    }

    private static let disabling: PostgresStatement = """
        UPDATE main.webhook_endpoints AS endpoint SET is_enabled = false, disabled_reason = $2
        FROM main.webhook_queues AS queue
        WHERE endpoint.id = $1 AND endpoint.is_enabled AND NOT endpoint.deleted AND queue.endpoint_id = endpoint.id
        RETURNING endpoint.owner_id, endpoint.tenant_id, queue.host
        """

    /// The address of the newest primary contact of a tenant, or of the newest one.
    static func contact(of tenant: Identifier) -> BoundStatement { BoundStatement(contacting, [.identifier(tenant)]) }

    private static let contacting: PostgresStatement = """
        SELECT email FROM main.contacts WHERE tenant_id = $1 AND NOT deleted
        ORDER BY is_primary DESC, created_on DESC LIMIT 1
        """
}
