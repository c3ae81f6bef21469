import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport

/// A tenant on server `a` of a ``MoveStack``, whose workflows lose their processes.
struct ProvisionedTenant {
    let world: MoveStack
    let key: String

    var name: String { "tenant_\(key)" }

    init(_ world: MoveStack) {
        self.world = world
        key = TestStack.uniqueKey()
    }

    func create() async throws { _ = try await world.create(key) }

    /// Starts the removal of all that the tenant has.
    func remove() async throws {
        try await world.service.client.post(
            "/tenants/\(try await id())/deprovision", ["reason": "It has left", "graceDays": 0],
            token: world.stack.admin
        ).expect(202)
    }

    /// Makes a table as the tenant's application does, so that a removal has something to remove.
    func write(into database: TestDatabase, _ provisioner: String) async throws {
        let insertion = "CREATE TABLE \(name).orders AS SELECT i FROM generate_series(1, 200) AS i"
        let isSilo = provisioner == "postgres-database"
        let configuration = database.server.configuration(database: isSilo ? name : database.name, user: name)
        try await withPool(configuration) { try await $0.execute(insertion) }
    }

    /// Everything that exists for it on both servers and in the databases of the services, with its key left out.
    func state() async throws -> [String] {
        var found = try await world.application.withPool { try await MovedTenant.state(of: name, "a", $0) }
        found += try await withPool(world.other.configuration { $0.database = "application" }) {
            try await MovedTenant.state(of: name, "b", $0)
        }
        if found.contains(where: { $0.hasPrefix("a: database ") }) {
            found += try await withPool(try world.application.server.configuration(database: name)) {
                try await MovedTenant.state(of: name, "a's database", $0)
            }
        }
        found += try await world.control.texts(MovedTenant.stored, [.text(key)])
        let id = try await id()
        let service = try world.stack.data.database(.tenantManagement)
        found += try await service.texts(
            """
            SELECT concat_ws(' ', 'resource', type, external_identifier, metadata - 'secretRef', metadata ? 'secretRef', deleted)
            FROM main.resources WHERE tenant_id = $1::uuid
            UNION ALL SELECT concat_ws(' ', 'tenant', status, deleted) FROM main.tenants WHERE id = $1::uuid
            UNION ALL SELECT concat_ws(' ', 'request', kind, status) FROM main.provisionings WHERE tenant_id = $1::uuid
            ORDER BY 1
            """, [.text(id)])
        return found.map { $0.replacing(key, with: "key").replacing(id, with: "id") }
    }

    private func id() async throws -> String {
        let ids = try await world.stack.data.database(.tenantManagement).texts(
            "SELECT id::text FROM main.tenants WHERE key = $1", [.text(key)])
        guard let id = ids.first else { throw TestFailure("there is no tenant \(key)") }
        return id
    }
}
