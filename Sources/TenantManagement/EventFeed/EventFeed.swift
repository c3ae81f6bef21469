import JSONCoding
import PostgresClient
import Primitives

/// One of the feeds: each has its own numbers, without gaps.
enum EventFeed: Sendable, Hashable {
    /// All events, for operators.
    case everything
    /// All events of a tenant, for operators.
    case ofTenant(Identifier)
    /// Those events of a tenant that its own users see.
    case own(Identifier)

    var tenant: Identifier? {
        switch self {
        case .everything: nil
        case .ofTenant(let tenant), .own(let tenant): tenant
        }
    }
}

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

/// An event of a feed.
struct FeedEvent: Sendable, JSONWritable {
    let sequence: Int64
    let id: Identifier
    let type: String
    let tenant: Identifier?
    let occurredAt: Timestamp
    /// JSON text.
    let data: String

    /// Reads one out of the columns of a page.
    init(_ row: PostgresRow) throws(PostgresError) {
        sequence = try row.int64(0)
        id = try row.identifier(1)
        type = try row.text(2)
        tenant = try row.identifierIfPresent(3)
        occurredAt = try row.timestamp(4)
        data = try row.text(5)
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("sequence", sequence)
        writer.member("id", id)
        writer.member("type", type)
        writer.memberIfPresent("tenantId", tenant)
        writer.member("timestamp", occurredAt)
        writer.key("data")
        writer.raw(Array(data.utf8))
        writer.endObject()
    }
}
