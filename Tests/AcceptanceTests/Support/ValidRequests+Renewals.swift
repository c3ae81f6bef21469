import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport

/// Parked subscriptions, and test clocks: each has a tenant of its own.
extension ValidRequests {
    func renewals(_ operation: APIDocument.Operation) async throws -> Request? {
        let now: JSONValue = .timestamp(Timestamp(seconds: 1_800_000_000))
        switch operation.name {
        case "POST /subscriptions/{id}/unpark":
            let subscription = try await create("/subscriptions").string("id")
            try await stack.database(.subscription).query(
                """
                INSERT INTO main.subscription_billing (id, tenant_id, scenario, time_zone, parked_on, parked_reason)
                SELECT id, subscriber_id, '{}', 'UTC', now(), 'Nothing is due' FROM main.subscriptions WHERE id = $1::uuid
                """, [.text(subscription)])
            return Request(path: operation.path(with: subscription), token: stack.admin)
        case "POST /subscriptions/{id}/collection":
            let subscription = try await create("/subscriptions").string("id")
            try await stack.database(.subscription).query(
                """
                INSERT INTO main.subscription_billing (id, tenant_id, scenario, time_zone)
                SELECT id, subscriber_id, '{}', 'UTC' FROM main.subscriptions WHERE id = $1::uuid
                """, [.text(subscription)])
            return Request(
                path: operation.path(with: subscription), body: ["collectionMethod": "send_invoice"], token: stack.admin
            )
        case "POST /billing-invoice/{invoiceId}/collect", "POST /billing-invoice/{invoiceId}/collection/pause",
            "POST /billing-invoice/{invoiceId}/collection/resume", "GET /billing-invoice/{invoiceId}/collection":
            return Request(
                path: operation.path(with: try await collected(isPaused: operation.path.hasSuffix("/resume"))),
                token: stack.admin)
        case "POST /test-clocks":
            return Request(
                path: operation.path, body: ["tenantId": .identifier(.v4()), "name": "Clock", "now": now],
                token: stack.admin)
        case "POST /test-clocks/{id}/advance":
            let clock = try await create("/test-clocks").string("id")
            return Request(path: operation.path(with: clock), body: ["now": now], token: stack.admin)
        default: return nil
        }
    }

    /// An invoice that is collected, of which nothing is to be paid: a worker that takes it makes no payment.
    private func collected(isPaused: Bool) async throws -> String {
        let database = try stack.database(.subscription)
        let (invoice, tenant) = (Identifier.v4(), Identifier.v4())
        try await database.query(
            """
            INSERT INTO main.invoice (id, tenant_id, invoice_status, currency_code, subtotal, total)
            VALUES ($1, $2, 'open', 'USD', 0, 0)
            """, [.identifier(invoice), .identifier(tenant)])
        try await database.query(
            """
            INSERT INTO main.invoice_collections (id, tenant_id, paused_on)
            VALUES ($1, $2, CASE WHEN $3 THEN now() END)
            """, [.identifier(invoice), .identifier(tenant), .bool(isPaused)])
        return invoice.description
    }
}
