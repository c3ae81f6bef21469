import Entities
import JSONCoding
import Primitives

/// A part of a tenant's limit that nobody else can take until it is used, released, or expires.
struct UsageReservation: Sendable, Hashable {
    let id: Identifier
    let tenant: Identifier
    let meter: Identifier
    let feature: String
    let quantity: String
    /// What was used of it in the end.
    let used: String?
    let isReleased: Bool
    let expires: Timestamp

    static let defaultSeconds = 60
    static let maximumSeconds = 3600

    /// How it has ended; nil while it is valid.
    func ending(at now: Timestamp) -> EntitlementError.Ending? {
        if used != nil { return .used }
        // Whoever reserves after that releases what has expired.
        if expires <= now { return .expired }
        return isReleased ? .released : nil
    }

    /// The id of the usage event that using it stores.
    var eventID: String { UsageEvent.reservedPrefix + id.description }

    /// Writes the answer, with what is left of the limit.
    func write(_ amount: MeteredAmount?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("tenantId", tenant)
        writer.member("feature", feature)
        writer.member("quantity", quantity)
        writer.member("expiresOn", expires)
        if let used { writer.member("used", used) }
        if let amount {
            writer.key("usage")
            amount.write(to: &writer)
        }
        writer.endObject()
    }

    static let schema = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("tenantId", .string(format: .uuid), required: true),
            .init("feature", .string(), required: true),
            .init("quantity", .string().example("10"), required: true),
            .init("expiresOn", .string(format: .dateTime), required: true),
            .init("used", .string().described("What was used of it in the end").example("8")),
            .init("usage", MeteredAmount.schema),
        ], name: "UsageReservation")
}
