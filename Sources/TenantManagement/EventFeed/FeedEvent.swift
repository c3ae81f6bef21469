import JSONCoding
import PostgresClient
import Primitives

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
