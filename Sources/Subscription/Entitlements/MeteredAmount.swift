import Billing
import Entities
import JSONCoding
import Primitives
import ServiceKit

/// How much of a limit was used in the current period.
struct MeteredAmount: Sendable, Hashable {
    let meter: MeterRepository.Known
    let from: Timestamp
    /// Nil when the period never ends.
    let to: Timestamp?
    /// Nil for as much as the tenant likes.
    let limit: String?
    let used: String
    let reserved: String

    /// What is left of the limit, at least zero; nil without a limit.
    var left: String? {
        guard let limit else { return nil }
        guard let all = try? Rational(decimal: limit), let used = try? Rational(decimal: used),
            let reserved = try? Rational(decimal: reserved), let taken = try? used.adding(reserved),
            let rest = try? all.subtracting(taken), rest > .zero
        else { return "0" }
        return rest.decimalText()
    }

    /// Writes the members that say so.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("meter", meter.key)
        writer.member("aggregation", meter.aggregation.rawValue)
        if let unit = meter.unit { writer.member("unit", unit) }
        writer.member("from", from)
        if let to { writer.member("to", to) }
        if let limit { writer.member("limit", limit) }
        writer.member("used", used)
        writer.member("reserved", reserved)
        if let left { writer.member("left", left) }
        writer.member("allowsOverage", meter.allowsOverage)
        writer.endObject()
    }

    private static let amount = Schema.string().example("120.5")

    static let schema = Schema.object(
        [
            .init("meter", .string().described("Its key"), required: true),
            .init("aggregation", .string(oneOf: Meter.Aggregation.allCases.map(\.rawValue)), required: true),
            .init("unit", .string()),
            .init("from", .string(format: .dateTime).described("Beginning of the current period"), required: true),
            .init("to", .string(format: .dateTime).described("Its end; absent if it has none")),
            .init("limit", amount.described("Absent without a limit")),
            .init("used", amount, required: true),
            .init("reserved", amount.described("By reservations that are still valid"), required: true),
            .init("left", amount.described("At least 0; absent without a limit")),
            .init(
                "allowsOverage", .boolean.described("Whether reservations above the limit are granted"), required: true),
        ], name: "MeteredAmount")
}

extension MeterRepository.Known: Hashable {
    static func == (one: MeterRepository.Known, other: MeterRepository.Known) -> Bool { one.id == other.id }

    func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
