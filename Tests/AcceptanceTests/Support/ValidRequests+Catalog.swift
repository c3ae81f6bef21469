import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// What belongs to a plan of its own.
extension ValidRequests {
    func planVersions(_ operation: APIDocument.Operation) async throws -> Request? {
        if operation.path.hasPrefix("/repricings/{id}") {
            let state = operation.path.hasSuffix("/cancel") ? "running" : "done"
            return Request(path: operation.path(with: try await repricing(state)), token: stack.admin)
        }
        guard operation.path.hasPrefix("/plans/{id}/versions/{versionId}") else { return nil }
        let plan = try await create("/plans").string("id")
        let draft: JSONValue = ["prices": [["currency": "USD", "amount": "12.00"]]]
        let version = try await stack.subscription.post("/plans/\(plan)/versions", draft, token: stack.admin)
            .expect(201).string("id")
        let path = operation.path.replacing("{id}", with: plan).replacing("{versionId}", with: version)
        return Request(path: path, body: body(operation), token: stack.admin)
    }

    /// One that no worker takes, so that it stays as it is.
    private func repricing(_ state: String) async throws -> String {
        let plan = try await create("/plans").string("id")
        let id = try await stack.database(.subscription).texts(
            """
            WITH version AS (
                INSERT INTO main.plan_versions (plan_id, number, state, prices) VALUES ($1::uuid, 1, 'draft', '[{"currency": "USD", "amount": "1.00"}]')
                RETURNING id, plan_id)
            INSERT INTO main.plan_repricings (plan_id, version_id, is_dry_run, state, prices, due_at)
            SELECT plan_id, id, true, $2, '[]', NULL FROM version RETURNING id::text
            """, [.text(plan), .text(state)]
        ).first
        return id ?? ""
    }
}
