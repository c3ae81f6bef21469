import PostgresClient
import Primitives

/// Reads what should be on data servers and what is there, a page at a time.
struct DriftRepository: Sendable {
    /// Rows of a page.
    static let pageSize = 1000

    let pool: PostgresPool

    /// What should be on a server.
    func expected(
        on server: DataServer, after name: String
    ) async throws -> (elements: [ExpectedObjects], isLast: Bool) {
        let rows = try await pool.query(
            DriftStatements.expected,
            [.text(server.name), .text(server.address), .text(name), .int64(Int64(Self.pageSize))]
        ).rows
        var elements: [ExpectedObjects] = []
        for row in rows {
            let name = try row.text(0)
            let place = ExpectedObjects.Place(
                role: try row.textIfPresent(2).flatMap(TenantPlacement.Role.init),
                kind: TenantPlacement.Kind(rawValue: try row.text(3)) ?? .pooled, database: try row.text(4),
                isReserved: try row.text(5) == TenantPlacement.State.reserved.rawValue)
            if elements.last?.name == name {
                elements[elements.count - 1].places.append(place)
            } else {
                elements.append(
                    ExpectedObjects(
                        name: name, tenant: try row.identifier(1), places: [place], isBusy: try row.bool(6)))
            }
        }
        let isLast = rows.count < Self.pageSize
        // The rows of the last name may go on with the next page; a name has at most three.
        if !isLast, elements.count > 1 { elements.removeLast() }
        return (elements, isLast)
    }

    /// What is on a data server.
    static func actual(
        on server: PostgresPool, after name: String
    ) async throws -> (elements: [ActualObjects], isLast: Bool) {
        let rows = try await server.query(DriftStatements.actual, [.text(name), .int64(Int64(pageSize))]).rows
        var elements: [ActualObjects] = []
        for row in rows {
            elements.append(
                ActualObjects(
                    name: try row.text(0), hasRole: try row.bool(1), canLogin: try row.bool(2),
                    roleMark: try row.textIfPresent(3), hasSchema: try row.bool(4), ownsSchema: try row.bool(5),
                    hasDatabase: try row.bool(6), ownsDatabase: try row.bool(7),
                    databaseMark: try row.textIfPresent(8), canConnect: try row.bool(9),
                    canUseSchema: try row.bool(10), canEnterDatabase: try row.bool(11)))
        }
        return (elements, rows.count < pageSize)
    }

    /// The server on which a tenant with a key is placed; nil when there is no such tenant.
    func server(ofKey key: String) async throws(PostgresError) -> String? {
        try await pool.query(DriftStatements.placeOfKey, [.text(key)]).first?.text(0)
    }

    /// Stores the place of a tenant from before placements were stored.
    func adopt(
        _ tenant: Identifier, key: String, on server: String, _ kind: TenantPlacement.Kind, database: String
    ) async throws(PostgresError) {
        _ = try await pool.query(
            DriftStatements.adopt,
            [.identifier(tenant), .text(key), .text(server), .text(kind.rawValue), .text(database)])
    }
}
