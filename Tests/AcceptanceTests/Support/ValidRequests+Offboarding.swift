import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport

/// Off-boardings, exports and erasures, most of which need a tenant whose resources were removed.
extension ValidRequests {
    func offboarding(_ operation: APIDocument.Operation) async throws -> Request? {
        let management = stack.tenantManagement
        switch operation.name {
        case "POST /tenants/{id}/deprovision/cancel":
            let tenant = try await stack.createTenantID()
            try await management.post(
                "/tenants/\(tenant)/deprovision", ["reason": "Moved away", "graceDays": 30], token: stack.admin
            ).expect(202)
            return Request(path: operation.path(with: tenant), body: body(operation), token: stack.admin)
        case "POST /tenants/{id}/erase":
            let tenant = try await stack.createTenantID()
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.tenants SET status = 5 WHERE id = $1::uuid", [.text(tenant)])
            try await database.query(
                """
                INSERT INTO main.offboardings (id, tenant_id, reason, state, grace_days, requested_on, ends_on)
                VALUES (gen_random_uuid(), $1::uuid, 'Over', 2, 0, now(), now())
                """, [.text(tenant)])
            return Request(path: operation.path(with: tenant), token: stack.admin)
        case "GET /tenants/{id}/deprovision", "GET /tenants/{id}/deprovision/certificate", "GET /tenants/{id}/erasure",
            "GET /tenants/{id}/deprovision/certificate/download":
            let tenant = try await stack.createTenantID()
            let certificate = operation.success.map { document.sample($0) } ?? [:]
            let database = try stack.database(.tenantManagement)
            try await database.query(
                """
                INSERT INTO main.offboardings (
                    id, tenant_id, reason, state, grace_days, requested_on, ends_on, ended_on, certificate)
                VALUES (gen_random_uuid(), $1::uuid, 'Over', 2, 0, now(), now(), now(), $2)
                """, [.text(tenant), .text(String(decoding: certificate.serialized(), as: UTF8.self))])
            try await database.query(
                "INSERT INTO main.erasures (tenant_id, erased_on, certificate) VALUES ($1::uuid, now(), $2)",
                [.text(tenant), .text(String(decoding: certificate.serialized(), as: UTF8.self))])
            return Request(path: operation.path(with: tenant), token: stack.admin)
        case "GET /tenant-exports/{id}":
            let export = Identifier.v4().description
            try await stack.database(.tenantManagement).query(
                """
                INSERT INTO main.tenant_exports (id, tenant_id, state, requested_on, completed_on, expires_on, size)
                VALUES ($1::uuid, $2::uuid, 'EXPIRED', now(), now(), now(), 1)
                """, [.text(export), .text(try await stack.createTenantID())])
            return Request(path: operation.path(with: export), token: stack.admin)
        default: return nil
        }
    }
}
