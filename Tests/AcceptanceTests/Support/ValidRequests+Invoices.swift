import JSONCoding
import StackTestSupport

/// Invoices as rows: each action has one in the status that it needs.
extension ValidRequests {
    func invoices(_ operation: APIDocument.Operation) async throws -> Request? {
        if operation.path.hasPrefix("/credit-notes/{id}") {
            let invoice = try await create("/billing-invoice").string("id")
            let note = try await stack.subscription.post(
                "/billing-invoices/\(invoice)/credit-notes", ["reason": "An outage"], token: stack.admin
            ).expect(201).string("id")
            return Request(path: operation.path(with: note), token: stack.admin)
        }
        guard operation.path.hasPrefix("/billing-invoices/{id}") else { return nil }
        let invoice: String
        if operation.path.hasSuffix("/issue") {
            let subscription = try await create("/subscriptions").string("id")
            invoice = try await client.client.get("/subscriptions/\(subscription)/invoice", token: stack.admin)
                .expect(200).string("id")
        } else {
            invoice = try await create("/billing-invoice").string("id")
        }
        return Request(
            path: operation.path(with: invoice), body: operation.body == nil ? nil : ["reason": "An outage"],
            token: stack.admin)
    }
}
