import Entities
import JSONCoding
import Primitives
import ServiceKit

/// What a tenant has used in a period.
struct UsageReport: Sendable {
    /// The use of one meter.
    struct Line: Sendable, Hashable {
        let meter: String
        let aggregation: Meter.Aggregation
        let unit: String?
        let events: Int64
        /// The one number that the aggregation makes of the events.
        let value: String
    }

    /// The use of one meter in a part of the period.
    struct Period: Sendable, Hashable {
        let from: Timestamp
        let to: Timestamp
        let events: Int64
        let value: String
    }

    let query: UsageQuery
    /// By key.
    let meters: [Line]
    let periods: [Period]?

    /// Writes the answer of `GET /usage`.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("tenantId", query.tenant)
        writer.member("from", query.from)
        writer.member("to", query.to)
        writer.key("meters")
        writer.beginArray()
        for line in meters {
            writer.beginObject()
            writer.member("meter", line.meter)
            writer.member("aggregation", line.aggregation.rawValue)
            if let unit = line.unit { writer.member("unit", unit) }
            writer.member("value", line.value)
            writer.member("events", Int(line.events))
            writer.endObject()
        }
        writer.endArray()
        if let periods {
            writer.key("periods")
            writer.beginArray()
            for period in periods {
                writer.beginObject()
                writer.member("from", period.from)
                writer.member("to", period.to)
                writer.member("value", period.value)
                writer.member("events", Int(period.events))
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private static let instant = Schema.string(format: .dateTime)
    private static let value = Schema.string().described("What the aggregation makes of the events; exact")
        .example("1250.5")

    static let schema = Schema.object(
        [
            .init("tenantId", .string(format: .uuid), required: true),
            .init("from", instant, required: true), .init("to", instant.described("Not part of it"), required: true),
            .init(
                "meters",
                .array(
                    of: .object(
                        [
                            .init("meter", .string(), required: true),
                            .init(
                                "aggregation", .string(oneOf: Meter.Aggregation.allCases.map(\.rawValue)),
                                required: true),
                            .init("unit", .string()), .init("value", value, required: true),
                            .init("events", .integer(minimum: 0), required: true),
                        ], name: "MeteredUsage")
                ).described("Meters with events in the period, by key"), required: true),
            .init(
                "periods",
                .array(
                    of: .object(
                        [
                            .init("from", instant, required: true), .init("to", instant, required: true),
                            .init("value", value, required: true),
                            .init("events", .integer(minimum: 0), required: true),
                        ], name: "UsagePeriod")
                ).described("The parts of the period that have events, with `every`")),
        ], name: "UsageReport")
}
