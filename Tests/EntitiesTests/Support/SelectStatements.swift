import Entities
import JSONCoding
import Logging
import PostgresClient
import Primitives

/// Statements without a database: the pool is never connected.
struct SelectStatements {
    static let unreachablePool = PostgresPool(
        configuration: PostgresConfiguration(port: "1", user: "nobody", database: "none"), logger: Logger(label: "test")
    )

    private let repository: EntityRepository
    private let scope: TenantScope

    init(catalog: EntityCatalog, entity: Entity, scope: TenantScope) {
        repository = EntityRepository(pool: Self.unreachablePool, entity: entity, catalog: catalog)
        self.scope = scope
    }

    func select(_ filter: Filter) throws(RepositoryError) -> BoundStatement {
        try repository.selectStatement(filter, in: scope).statement
    }
}

extension String {
    /// The text as a JSON string.
    var jsonBytesForTest: [UInt8] { JSONValue.string(self).serialized() }

    /// The index where `part` begins; the end when it does not occur.
    func range(of part: String) -> Index {
        var start = startIndex
        while start < endIndex, !self[start...].hasPrefix(part) { start = index(after: start) }
        return start
    }
}
