import Entities
import JSONCoding
import Primitives

/// A report that a tenant has used something, as it was sent.
struct UsageEvent: Sendable, Hashable {
    /// Events of one request.
    static let maximumBatch = 1000
    /// How the ids of events of used reservations begin, and of no others.
    static let reservedPrefix = "reservation:"

    /// The sender's own id: of events of a tenant with the same id, the first one counts.
    let id: String
    let tenant: Identifier
    /// The key of the meter.
    let meter: String
    let at: Timestamp
    let quantity: String?
    let value: String?

    static let schema = Schema.object(
        [
            .init(
                "id",
                .string(minLength: 1, maxLength: 100, pattern: .token).described(
                    "Chosen by the sender. An event that is sent again with its id counts once"
                ).example("req-7f3c"), required: true),
            .init("tenantId", .string(format: .uuid).described("The tenant that has used something"), required: true),
            .init(
                "meter",
                .string(minLength: 1, maxLength: Meter.maximumKeyLength, pattern: .token).described("Key of the meter")
                    .example("api-calls"), required: true),
            .init("at", .string(format: .dateTime).described("When it was used"), required: true),
            .init(
                "quantity",
                UsageQuantity.schema.described("How much was used: for the aggregations sum, max and latest")),
            .init(
                "value",
                .string(minLength: 1, maxLength: 200).described(
                    "What is counted once: for the aggregation unique. Only a digest of it is stored"
                ).example("user-42")),
        ], name: "UsageEvent")

    /// An event of a body that has passed ``schema``.
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.stringValue, let meter = json["meter"]?.stringValue,
            let tenant = json["tenantId"]?.stringValue.flatMap({ Identifier($0) }),
            let at = json["at"]?.stringValue.flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        self.init(
            id: id, tenant: tenant, meter: meter, at: at, quantity: json["quantity"]?.stringValue,
            value: json["value"]?.stringValue)
    }

    init(
        id: String, tenant: Identifier, meter: String, at: Timestamp, quantity: String? = nil, value: String? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.meter = meter
        self.at = at
        self.quantity = quantity
        self.value = value
    }
}
