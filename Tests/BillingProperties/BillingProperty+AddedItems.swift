import Billing
import JSONCoding

extension BillingProperty {
    private static let price: JSONValue = ["model": "flat", "amount": "0"]

    /// A subscription that costs nothing, to which an item is added on its first day: `item` is what happens to that, and `rest` to
    /// the subscription.
    private static func adding(_ random: inout RandomRequest) -> JSONObject {
        var request = plain(&random)
        let currency = request["currency"]?.stringValue ?? "USD"
        let begin = request["start"] ?? .null
        request["price"] = price
        var changes: [JSONValue] = [
            [
                "at": begin, "type": "add_item", "item": "a", "price": random.price(currency),
                "quantity": .string("\(random.number(0...9))"),
            ]
        ]
        var (day, isPaused) = (0, false)
        for _ in 0..<random.number(0...4) {
            day += random.number(1...20)
            guard let at = try? start(request).adding(days: day).description else { break }
            var change: JSONObject = ["at": .string(at)]
            switch random.number(1...6) {
            case 1, 2:
                change["type"] = "change"
                change["item"] = "a"
                change["price"] = random.price(currency)
                change["policy"] = random.addedPolicy()
            case 3, 4:
                change["type"] = "quantity"
                change["item"] = "a"
                change["quantity"] = .string("\(random.number(0...9))")
                change["policy"] = random.addedPolicy()
            case 5:
                change["type"] = isPaused ? "resume" : "pause"
                isPaused.toggle()
            default:
                change["type"] = "anchor"
                change["anchor"] = ["day": .integer(random.number(1...31))]
                change["policy"] = random.chance(50) ? "prorate_now" : "at_period_end"
            }
            changes.append(.object(change))
        }
        if random.chance(60), let at = try? start(request).adding(days: day + random.number(1...20)).description {
            changes.append([
                "at": .string(at), "type": "remove_item", "item": "a",
                "policy": .string(random.one(of: ["at_period_end", "prorate_now", "none"])),
            ])
        }
        var policies = request["policies"]?.objectValue ?? [:]
        // An item has no inclusive last day.
        policies["cancelDay"] = nil
        request["policies"] = .object(policies)
        return Self.changes(request, changes)
    }

    /// The same as a subscription to the item alone.
    private static func alone(_ request: JSONObject) -> JSONObject? {
        guard let changes = request["changes"]?.arrayValue, changes.first?["type"] == "add_item" else { return nil }
        var alone = request
        alone["price"] = changes[0]["price"]
        alone["quantity"] = changes[0]["quantity"]
        alone["changes"] = .array(
            changes.dropFirst().compactMap { change in
                guard var change = change.objectValue, change["type"] != "add_item" else { return nil }
                change["item"] = nil
                if change["type"] == "remove_item" { change["type"] = "cancel" }
                return .object(change)
            })
        return alone
    }

    /// What is billed, by day: credits of a day are in no order.
    private static func amounts(_ statement: BillingStatement) -> [String: Int64] {
        var amounts: [String: Int64] = [:]
        for invoice in statement.invoices {
            amounts[invoice.issuedOn?.description ?? "", default: 0] += invoice.subtotal.minorUnits
        }
        return amounts.filter { $0.value != 0 }
    }

    /// What holds for items that changes add and remove.
    static let ofAddedItems: [BillingProperty] = [
        BillingProperty(
            "an item that was added is billed like a subscription to it alone", make: adding,
            check: { request in
                guard let alone = alone(request) else { return nil }
                let (beside, itself) = (amounts(try statement(request)), amounts(try statement(alone)))
                return beside == itself ? nil : "\(beside) is not \(itself)"
            }),
        BillingProperty(
            "an item that is removed on the day on which it was added costs nothing",
            make: { random in
                var request = random.any()
                for name in ["end", "term", "changes", "items", "minimum", "collection"] { request[name] = nil }
                if request["price"] == nil, request["phases"] == nil { request["price"] = price }
                let at = (try? start(request).adding(days: random.number(0...39)).description) ?? ""
                return changes(
                    request,
                    [
                        [
                            "at": .string(at), "type": "add_item", "item": "a", "quantity": "3",
                            "price": ["model": "per_unit", "unitAmount": .string("\(random.number(1...99))")],
                        ], ["at": .string(at), "type": "remove_item", "item": "a", "policy": "prorate_now"],
                    ])
            },
            check: { request in
                sum(try statement(changes(request, []))) == sum(try statement(request)) ? nil : "another sum"
            }),
        BillingProperty(
            "what happens to an added item leaves the periods and lines of the subscription alone",
            check: { request in
                guard let all = request["changes"]?.arrayValue else { return nil }
                let own = all.filter { change in
                    change["type"] != "add_item" && change["item"]?.stringValue?.hasPrefix("a") != true
                }
                guard own.count < all.count, request["minimum"] == nil else { return nil }
                func lines(_ statement: BillingStatement) -> [String] {
                    statement.invoices.flatMap { invoice in
                        // An invoice of nothing but zeros is not issued.
                        invoice.lines.filter { !$0.amount.isZero && $0.details?.item?.hasPrefix("a") != true }.map {
                            "\(invoice.issuedOn?.description ?? "") \($0.details?.from ?? "") \($0.amount.minorUnits)"
                        }
                    }.sorted()
                }
                let (with, without) = (try statement(request), try statement(changes(request, own)))
                guard with.periods == without.periods else { return "other periods" }
                return lines(with) == lines(without) ? nil : "other lines"
            }),
    ]
}
