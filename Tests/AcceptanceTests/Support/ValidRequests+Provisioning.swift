import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport

/// Provisionings, what operators decide about them, and moves.
extension ValidRequests {
    func provisioning(_ operation: APIDocument.Operation) async throws -> Request? {
        switch operation.name {
        case "POST /tenants/{id}/provision":
            return Request(
                path: operation.path(with: try await stack.createTenantID()),
                body: ["id": .string(Identifier.v4().description), "plan": ["tier": "BASIC"]], token: stack.admin)
        case "POST /tenants/{id}/move", "POST /tenants/{id}/move/confirm":
            let tenant = try await stack.createTenantID()
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.tenants SET status = 5 WHERE id = $1::uuid", [.text(tenant)])
            guard operation.name.hasSuffix("/confirm") else {
                return Request(path: operation.path(with: tenant), body: body(operation), token: stack.admin)
            }
            // A move that has succeeded.
            try await database.query(
                """
                INSERT INTO main.provisionings (
                    id, tenant_id, requested_on, expires_on, kind, status, state, completed_on, ended_on)
                VALUES (gen_random_uuid(), $1::uuid, now(), now(), 2, 1, 'SUCCEEDED', now(), now())
                """, [.text(tenant)])
            return Request(path: operation.path(with: tenant), token: stack.admin)
        case let name where name.hasPrefix("POST /tenants/{id}/provisioning/"):
            let tenant = try await stack.createTenantID()
            try await stack.database(.tenantManagement).query(
                """
                INSERT INTO main.provisionings (
                    id, tenant_id, kind, status, requested_on, expires_on, state, possible_commands)
                VALUES (gen_random_uuid(), $1::uuid, 0, 0, now(), now() + interval '1 day', 'STUCK',
                    '{resume,skip,abort}')
                """, [.text(tenant)])
            return Request(path: operation.path(with: tenant), body: body(operation), token: stack.admin)
        default: return nil
        }
    }
}
