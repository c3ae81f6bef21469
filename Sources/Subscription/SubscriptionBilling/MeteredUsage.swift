import Billing
import JSONCoding
import Primitives

/// Usage that a subscription has billed, or bills now: a day of its calendar, or one event of it.
struct MeteredUsage: Sendable, Hashable {
    let meter: String
    let day: CalendarDate
    /// Among those of the day, from 1. Number 0 is no usage: the day is the last one that was billed.
    let number: Int
    let quantity: String
}

extension SubscriptionBilling {
    /// Records of usage of a subscription: those of ten meters for decades.
    static let maximumUsage = 200_000

    /// The price of usage that no agreed price applies to.
    static let freePrice: JSONValue = ["model": "per_unit", "unitAmount": "0"]

    /// The prices of usage as the engine has them, without usage: those that were agreed on at the start, and those that changes have
    /// brought, which are free until then.
    var metered: [JSONObject] {
        var items = (terms["metered"]?.arrayValue ?? []).compactMap(\.objectValue)
        for entry in changes {
            for part in entry.change["metered"]?.arrayValue ?? [] {
                guard let id = part["id"], !items.contains(where: { $0["id"] == id }) else { continue }
                items.append(["id": id, "price": Self.freePrice, "start": entry.change["at"] ?? .null])
            }
        }
        return items
    }

    /// Whether it bills usage.
    var isMetered: Bool { !metered.isEmpty }

    /// The price of the use of each meter after all that was agreed on, by the key of the meter.
    var meteredPrices: [String: JSONValue] {
        var prices: [String: JSONValue] = [:]
        for item in metered { if let id = item["id"]?.stringValue { prices[id] = item["price"] } }
        for part in changes.flatMap({ $0.change["metered"]?.arrayValue ?? [] }) {
            if let id = part["id"]?.stringValue { prices[id] = part["price"] }
        }
        return prices
    }

    /// Whether some price of the use of a meter is one of events, so that their sum is not enough.
    func countsEvents(of meter: String) -> Bool {
        let parts = changes.flatMap { $0.change["metered"]?.arrayValue ?? [] }
        return (metered.map { JSONValue.object($0) } + parts).contains {
            $0["id"]?.stringValue == meter && $0["price"]?["model"]?.stringValue == "percentage"
        }
    }

    /// The first day whose use of a meter was not billed yet.
    func unbilledFrom(_ meter: String) -> CalendarDate? {
        let start = metered.first { $0["id"]?.stringValue == meter }.flatMap { $0["start"] } ?? terms["start"]
        let first = start?.stringValue.flatMap { try? CalendarDate($0) }
        let last = (usage + addedUsage).lazy.filter { $0.meter == meter }.map(\.day).max()
        let next = last.flatMap { try? $0.adding(days: 1) }
        guard let first, let next else { return next ?? first }
        return max(first, next)
    }

    /// The days of a meter that were billed since it was last begun anew, as half-open ranges.
    func billedTimes(of meter: String) throws -> [(from: CalendarDate, to: CalendarDate)] {
        let start = metered.first { $0["id"]?.stringValue == meter }.flatMap { $0["start"] } ?? terms["start"]
        guard var from = start?.stringValue.flatMap({ try? CalendarDate($0) }) else { return [] }
        var times: [(from: CalendarDate, to: CalendarDate)] = []
        for day in Set(usage.lazy.filter { $0.meter == meter }.map(\.day)).sorted() where day >= from {
            let to = try day.adding(days: 1)
            times.append((from, to))
            from = to
        }
        return times
    }

    /// The prices of usage with the usage, for a request.
    var meteredRequest: [JSONValue] {
        guard isMetered else { return [] }
        let used = Dictionary(grouping: (usage + addedUsage).filter { $0.number > 0 }, by: \.meter)
        return metered.map { item in
            var item = item
            let records = used[item["id"]?.stringValue ?? ""] ?? []
            item["usage"] = .array(
                records.sorted { ($0.day, $0.number) < ($1.day, $1.number) }.map { record in
                    ["at": .string(record.day.description), "quantity": .string(record.quantity)]
                })
            return .object(item)
        }
    }
}
