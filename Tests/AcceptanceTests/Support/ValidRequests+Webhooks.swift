import JSONCoding
import StackTestSupport

/// Deliveries of webhooks.
extension ValidRequests {
    func webhooks(_ operation: APIDocument.Operation) async throws -> Request? {
        let management = stack.tenantManagement
        switch operation.name {
        case let name where name.contains(" /webhook-deliveries/{id}"):
            // Waits, as its endpoint is disabled.
            let endpoint = try await create("/webhook-endpoints").string("id")
            let delivery = try await management.post("/webhook-endpoints/\(endpoint)/test", token: stack.admin)
                .expect(201).string("id")
            return Request(path: operation.path(with: delivery), token: stack.admin)
        default: return nil
        }
    }
}
