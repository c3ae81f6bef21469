import PostgresClient

/// SQL of the feeds.
extension EventFeed {
    /// The statement that reads a page. Parameters: after, limit, and the tenant.
    var events: PostgresStatement {
        switch self {
        case .everything: Self.everyEvent
        case .ofTenant: Self.eventsOfTenant
        case .own: Self.ownEvents
        }
    }

    /// The statement that reads the first number that is kept and the last one that was given. Parameter: the tenant.
    var bounds: PostgresStatement {
        switch self {
        case .everything: Self.everyBound
        case .ofTenant: Self.boundsOfTenant
        case .own: Self.ownBounds
        }
    }

    private static let everyEvent = page(by: "position")
    private static let eventsOfTenant = page(by: "sequence", "tenant_id = $3")
    private static let ownEvents = page(by: "own_sequence", "tenant_id = $3")
    private static let everyBound = bounds("position", "true", "last_position FROM main.event_positions")
    private static let boundsOfTenant = bounds(
        "sequence", "tenant_id = $1", "last_sequence FROM main.event_counters WHERE tenant_id = $1")
    private static let ownBounds = bounds(
        "own_sequence", "tenant_id = $1", "last_own_sequence FROM main.event_counters WHERE tenant_id = $1")

    private static func page(by number: String, _ condition: String = "true") -> PostgresStatement {
        PostgresStatement(
            """
            SELECT \(number), event_id, type, tenant_id, occurred_at, data FROM main.event_feed
            WHERE \(condition) AND \(number) > $1 ORDER BY \(number) LIMIT $2
            """)
    }

    private static func bounds(_ number: String, _ condition: String, _ last: String) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT coalesce(
                (SELECT \(number) FROM main.event_feed WHERE \(condition) AND \(number) > 0 ORDER BY \(number) LIMIT 1),
                given.last + 1), given.last
            FROM (SELECT coalesce((SELECT \(last)), 0) AS last) AS given
            """)
    }
}
