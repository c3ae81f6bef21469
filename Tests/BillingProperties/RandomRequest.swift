import Billing
import JSONCoding
import Primitives
import TestSupport

/// Makes requests of `POST /billing-preview` at random: all of them valid, all kinds of changes among them.
struct RandomRequest {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    // MARK: Choices

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }
    mutating func one<Value>(of values: [Value]) -> Value { values[number(0...(values.count - 1))] }

    private mutating func money(_ currency: String, upTo maximum: Int = 300) -> JSONValue {
        let decimals = ["JPY": 0, "KWD": 3][currency] ?? 2
        let major = number(0...maximum)
        guard decimals > 0, chance(70) else { return .string("\(major)") }
        let digits = String(String(number(1000...1999)).dropFirst().prefix(decimals))
        return .string("\(major).\(digits)")
    }

    private func date(_ first: CalendarDate, plus days: Int) -> JSONValue {
        .string((try? first.adding(days: days))?.description ?? "")
    }

    // MARK: Parts

    private mutating func interval() -> JSONValue {
        switch number(1...10) {
        case 1...6: ["unit": "month"]
        case 7: ["unit": "month", "count": 3]
        case 8: ["unit": "week", "count": .integer(number(1...3))]
        case 9: ["unit": "day", "count": .integer(number(5...45))]
        default: ["unit": "year"]
        }
    }

    private mutating func anchor() -> JSONValue {
        switch number(1...5) {
        case 1: "start"
        case 2: ["day": .integer(number(1...31))]
        case 3: ["weekday": .integer(number(1...7))]
        case 4: ["date": .string("20\(number(10...29))-0\(number(1...9))-\(number(10...28))")]
        default: "calendar"
        }
    }

    mutating func price(_ currency: String) -> JSONValue {
        var price: JSONObject
        switch number(1...8) {
        case 1...3: price = ["model": "flat", "amount": money(currency)]
        case 4, 5: price = ["model": "per_unit", "unitAmount": .string("\(number(0...30)).\(number(1...9999))")]
        case 6, 7: price = ["model": one(of: ["graduated", "volume"]), "tiers": tiers(currency)]
        default:
            price = [
                "model": "package", "size": .string("\(number(1...10))"), "amount": money(currency),
                "freeUnits": .string("\(number(0...5))"),
            ]
        }
        if chance(8) { price["minimum"] = money(currency, upTo: 100) }
        if chance(8) { price["maximum"] = .string("\(number(101...400))") }
        return .object(price)
    }

    mutating func tiers(_ currency: String) -> JSONValue {
        var (tiers, bound): ([JSONValue], Int) = ([], 0)
        for _ in 0..<number(1...3) {
            bound += number(1...6)
            tiers.append(["upTo": .string("\(bound)"), "unitAmount": money(currency, upTo: 20)])
        }
        tiers.append(["upTo": .null, "unitAmount": money(currency, upTo: 20), "flatAmount": money(currency, upTo: 20)])
        return .array(tiers)
    }

    private mutating func usage(_ first: CalendarDate, days: Int) -> JSONValue {
        .array(
            (0..<number(0...6)).map { _ in
                ["at": date(first, plus: number(0...days)), "quantity": .string("\(number(0...12))")]
            })
    }

    private mutating func item(_ currency: String, _ first: CalendarDate, days: Int) -> JSONObject {
        var item: JSONObject = [:]
        if chance(15) {
            item["phases"] = [
                ["periods": .integer(number(1...3)), "price": price(currency)], ["price": price(currency)],
            ]
        } else {
            item["price"] = price(currency)
        }
        if chance(25) {
            item["usage"] = usage(first, days: days)
            if chance(30) { item["aggregation"] = "max" }
            if chance(40) {
                item["interim"] = [date(first, plus: number(1...days)), date(first, plus: number(1...days))]
            }
        } else if chance(60) {
            item["quantity"] = .string("\(number(0...9))")
        }
        return item
    }

    // MARK: Changes

    private mutating func changes(
        _ currency: String, _ first: CalendarDate, days: Int, items: [(id: String?, isMetered: Bool)]
    ) -> [JSONValue] {
        var changes: [JSONValue] = []
        var (day, isPaused) = (0, false)
        var (items, added) = (items, Set<String>())
        for index in 0..<number(0...5) {
            day += number(0...25)
            guard day < days else { break }
            var change: JSONObject = ["at": date(first, plus: day)]
            let item = one(of: items)
            let isAdded = item.id.map { added.contains($0) } ?? false
            switch number(1...14) {
            case 1...4:
                change["type"] = "change"
                if let id = item.id { change["item"] = .string(id) }
                change["price"] = price(currency)
                if chance(20) { change["interval"] = interval() }
                change["policy"] = isAdded ? addedPolicy() : policy()
            case 5 where !item.isMetered, 6 where !item.isMetered:
                change["type"] = "quantity"
                if let id = item.id { change["item"] = .string(id) }
                change["quantity"] = .string("\(number(0...9))")
                change["policy"] = isAdded ? addedPolicy() : policy()
            case 11, 12:
                change["type"] = "add_item"
                change["item"] = .string("a\(index)")
                change["price"] = price(currency)
                if chance(60) { change["quantity"] = .string("\(number(0...9))") }
                if chance(20) {
                    change["once"] = true
                } else {
                    if chance(30) { change["interval"] = interval() }
                    items.append(("a\(index)", false))
                    added.insert("a\(index)")
                }
            case 13, 14:
                guard isAdded, let id = item.id else { continue }
                change["type"] = "remove_item"
                change["item"] = .string(id)
                change["policy"] = .string(one(of: ["at_period_end", "prorate_now", "none"]))
                items.removeAll { $0.id == id }
            case 7, 8:
                change["type"] = isPaused ? "resume" : "pause"
                if chance(30) { change["policy"] = "none" }
                isPaused.toggle()
            default:
                change["type"] = "anchor"
                change["anchor"] = anchor()
                if chance(50) { change["policy"] = "prorate_now" }
            }
            changes.append(.object(change))
        }
        if chance(20), day + 3 < days {
            changes.append([
                "at": date(first, plus: day + 3), "type": "cancel",
                "policy": .string(one(of: ["at_period_end", "prorate_now", "none"])),
            ])
        }
        return changes
    }

    /// What an item that was added can have: it has no say in the periods of the subscription.
    mutating func addedPolicy() -> JSONValue {
        .string(one(of: ["prorate_now", "credit_at_renewal", "at_period_end", "none"]))
    }

    private mutating func policy() -> JSONValue {
        .string(
            // A price of zero cannot extend time: see the tests of examples.
            one(of: ["prorate_now", "credit_at_renewal", "at_period_end", "none", "full_price_new_period"]))
    }

    // MARK: The request

    /// A request of any kind.
    mutating func any() -> JSONObject {
        let currency = one(of: ["USD", "USD", "USD", "JPY", "KWD"])
        let first = (try? CalendarDate(daysSince1970: number(18_900...20_800))) ?? CalendarDate.epoch
        let days = number(40...100)
        var request: JSONObject = [
            "currency": .string(currency), "start": date(first, plus: 0), "until": date(first, plus: days),
            "interval": interval(),
        ]
        if chance(60) { request["anchor"] = anchor() }
        if chance(25) { request["collection"] = "arrears" }
        if chance(15) { request["trial"] = ["days": .integer(number(1...40))] }
        if chance(10) { request["end"] = date(first, plus: number(20...200)) }
        if chance(10) { request["term"] = ["periods": .integer(number(1...6))] }
        if chance(15) {
            request["timeZone"] = .string(one(of: ["America/Denver", "Australia/Lord_Howe", "Asia/Tokyo"]))
        }
        var items: [(id: String?, isMetered: Bool)] = [(nil, false)]
        if chance(40) {
            let list = (0..<number(1...3)).map { index -> JSONObject in
                var item = item(currency, first, days: days)
                item["id"] = .string("i\(index)")
                if chance(15) { item["interval"] = interval() }
                if chance(15) { item["start"] = date(first, plus: number(0...30)) }
                if chance(10) { item["taxes"] = [] }
                return item
            }
            items = list.map { ($0["id"]?.stringValue, $0["usage"] != nil) }
            request["items"] = .array(list.map { .object($0) })
        } else {
            for (name, value) in item(currency, first, days: days) { request[name] = value }
            items = [(nil, request["usage"] != nil)]
        }
        addMoney(to: &request, currency)
        // Once service has ended nothing changes.
        if request["end"] == nil, request["term"] == nil {
            request["changes"] = .array(changes(currency, first, days: days, items: items))
        }
        request["policies"] = policies()
        return request
    }

    private mutating func addMoney(to request: inout JSONObject, _ currency: String) {
        if chance(10) { request["minimum"] = money(currency) }
        if chance(30) {
            request["discounts"] = .array(
                (0..<number(1...3)).map { _ in
                    chance(50)
                        ? ["type": "percent", "value": .string("\(number(1...60))")]
                        : ["type": "amount", "value": money(currency, upTo: 20)]
                })
        }
        if chance(40) {
            request["taxes"] = .array(
                (0..<number(1...2)).map { index in
                    ["name": .string("T\(index)"), "rate": .string("\(number(0...25)).\(number(0...9))")]
                })
        }
        if chance(10) { request["credits"] = [["amount": "7"]] }
    }

    private mutating func policies() -> JSONValue {
        var policies: JSONObject = [:]
        if chance(15) { policies["granularity"] = "second" }
        if chance(30) { policies["denominator"] = .string(one(of: ["imagined_from_start", "fixed_30_days"])) }
        if chance(30) { policies["cancelDay"] = "inclusive" }
        if chance(20) { policies["rounding"] = "half_even" }
        if chance(20) { policies["zeroUsageFlatFee"] = "not_charged" }
        return .object(policies)
    }
}

extension CalendarDate {
    /// 1970-01-01.
    static let epoch = CalendarDate(of: .init(seconds: 0))
}
