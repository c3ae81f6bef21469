import Entities
import PostgresClient
import PostgresTestSupport

/// The database of `TestModel`, which all tests share; created anew by every run.
enum EntityDatabase {
    private static let template = DatabaseTemplate("entities", runtimeRole: "entities_test_app", migrations: [])

    /// Connections of the role that services run as: owns nothing, bound by row-level security.
    private static let prepared = Task<PostgresPool, any Error> {
        let database = try await TestDatabase.makeEmpty(template, named: "entities_test")
        try await database.withPool { owner in
            for statement in TestTables.statements(role: template.runtimeRole) { try await owner.execute(statement) }
        }
        return PostgresPool(
            configuration: database.configuration(user: template.runtimeRole, connections: 4), logger: testLogger)
    }

    static func pool() async throws -> PostgresPool { try await prepared.value }

    static func repository(_ entity: Entity) async throws -> EntityRepository {
        EntityRepository(pool: try await pool(), entity: entity, catalog: try EntityCatalog(TestModel.all))
    }
}
