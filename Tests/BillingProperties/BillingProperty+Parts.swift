import Billing
import JSONCoding

extension BillingProperty {
    /// One price without changes, discounts, and taxes, in advance.
    static func plain(_ random: inout RandomRequest) -> JSONObject {
        var request = random.any()
        for name in [
            "items", "phases", "usage", "aggregation", "interim", "discounts", "taxes", "credits", "minimum",
            "trial", "end", "term", "collection", "changes",
        ] {
            request[name] = nil
        }
        request["price"] = ["model": "flat", "amount": .string("\(random.number(1...999))")]
        return request
    }

    static func changes(_ request: JSONObject, _ changes: [JSONValue]) -> JSONObject {
        var request = request
        request["changes"] = .array(changes)
        return request
    }

    static func start(_ request: JSONObject) throws -> CalendarDate {
        try CalendarDate(request["start"]?.stringValue ?? "")
    }

    static func sum(_ statement: BillingStatement) -> Int64 {
        statement.invoices.reduce(0) { $0 + $1.subtotal.minorUnits }
    }

    /// What holds for the parts of a period.
    static let ofParts: [BillingProperty] = [
        BillingProperty(
            "credit and charge of the same days at the same price cancel each other",
            make: { random in
                let request = plain(&random)
                let days = (0..<random.number(1...3)).map { _ in random.number(1...39) }.sorted()
                return changes(
                    request,
                    days.map { day in
                        let at = (try? start(request).adding(days: day))?.description ?? ""
                        return ["at": .string(at), "type": "change", "price": request["price"] ?? .null]
                    })
            },
            check: { request in
                sum(try statement(changes(request, []))) == sum(try statement(request)) ? nil : "another sum"
            }),
        BillingProperty(
            "the parts of a period at one price add up to its price",
            make: { random in
                var request = plain(&random)
                request["collection"] = "arrears"
                let days = Set((0..<random.number(1...4)).map { _ in random.number(1...39) }).sorted()
                return changes(
                    request,
                    days.map { day in
                        let at = (try? start(request).adding(days: day))?.description ?? ""
                        return [
                            "at": .string(at), "type": "change", "price": request["price"] ?? .null,
                            "policy": "credit_at_renewal",
                        ]
                    })
            },
            check: { request in
                sum(try statement(changes(request, []))) == sum(try statement(request)) ? nil : "another sum"
            }),
        BillingProperty(
            "a later cancellation credits no more",
            make: { random in
                let request = plain(&random)
                return changes(
                    request,
                    [random.number(0...38), random.number(0...38)].sorted().map { day in
                        let at = (try? start(request).adding(days: day))?.description ?? ""
                        return ["at": .string(at), "type": "cancel", "policy": "prorate_now"]
                    })
            },
            check: { request in
                guard let both = request["changes"]?.arrayValue, both.count == 2,
                    both.allSatisfy({ $0["policy"] == "prorate_now" })
                else { return nil }
                let sums = try both.map { sum(try statement(changes(request, [$0]))) }
                return sums[0] <= sums[1] ? nil : "\(sums)"
            }),
        BillingProperty(
            "the day of the anchor returns after every short month",
            make: { random in
                var request = plain(&random)
                request["anchor"] = ["day": .integer(random.number(28...31))]
                request["interval"] = ["unit": "month", "count": .integer(random.number(1...3))]
                let until = try? start(request).adding(days: random.number(400...1500))
                request["until"] = .string(until?.description ?? "")
                return request
            },
            check: { request in
                guard request["policies"]?["granularity"]?.stringValue != "second",
                    let day = request["anchor"]?["day"]?.intValue
                else { return nil }
                for period in try statement(request).periods {
                    let end = try CalendarDate(period.to)
                    let isLast = try end.adding(days: 1).day == 1
                    guard end.day == day || end.day < day && isLast else { return period.to }
                }
                return nil
            }),
        BillingProperty(
            "usage that is billed in several steps comes to the same as in one",
            make: { random in
                var request = plain(&random)
                let first = try? start(request)
                func at(_ day: Int) -> JSONValue { .string((try? first?.adding(days: day))?.description ?? "") }
                request["price"] = random.price("USD")
                request["currency"] = "USD"
                request["quantity"] = nil
                request["usage"] = .array(
                    (0..<random.number(0...8)).map { _ in
                        [
                            "at": at(random.number(0...60)),
                            "quantity": .string("\(random.number(0...9)).\(random.number(0...9))"),
                        ]
                    })
                if random.chance(30) { request["aggregation"] = "max" }
                request["interim"] = .array((0..<random.number(1...5)).map { _ in at(random.number(1...60)) })
                let interval: [JSONValue] = [
                    ["unit": "month"], ["unit": "week", "count": 2], ["unit": "day", "count": 10],
                ]
                request["interval"] = random.one(of: interval)
                return request
            },
            check: { request in
                var once = request
                once["interim"] = nil
                // The last period is not over: its steps have no counterpart yet.
                let (steps, one) = (try statement(request), try statement(once))
                guard let end = one.periods.last?.from else { return nil }
                func sum(_ statement: BillingStatement) -> Int64 {
                    statement.invoices.flatMap(\.lines).filter { ($0.details?.from ?? "") < end }
                        .reduce(0) { $0 + $1.amount.minorUnits }
                }
                return sum(steps) == sum(one) ? nil : "\(sum(steps)) is not \(sum(one))"
            }),
    ]
}
