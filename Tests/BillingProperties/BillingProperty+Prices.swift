import Billing
import JSONCoding

extension BillingProperty {
    /// What holds for prices.
    static let ofPrices: [BillingProperty] = [
        BillingProperty(
            "a graduated price never falls when the quantity rises",
            make: { random in
                let price: JSONValue = ["model": "graduated", "tiers": random.tiers("USD")]
                return [
                    "currency": "USD", "start": "2024-01-01", "until": "2024-01-02", "interval": ["unit": "month"],
                    "price": price, "quantity": .string("\(random.number(0...20)).\(random.number(0...99))"),
                ]
            },
            check: { request in
                guard let quantity = Int(request["quantity"]?.stringValue?.split(separator: ".").first ?? "") else {
                    return nil
                }
                var more = request
                more["quantity"] = .string("\(quantity + 1)")
                func total(_ request: JSONObject) throws -> Int64 {
                    try statement(request).invoices.first?.total.minorUnits ?? 0
                }
                return try total(request) <= total(more) ? nil : "less for \(quantity + 1)"
            }),
        BillingProperty(
            "days are those of the subscriber's calendar",
            make: { random in
                [
                    "currency": "USD", "interval": ["unit": "week"], "anchor": "calendar", "until": "2025-01-01",
                    "price": ["model": "flat", "amount": "7.00"],
                    "timeZone": .string(random.one(of: ["Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu"])),
                    "start": .string(
                        "2024-\(random.number(10...12))-\(random.number(10...28))T\(random.number(10...23)):\(random.number(10...59)):00Z"
                    ),
                ]
            },
            check: { request in
                let zones: [String: [Int]] = [
                    "Asia/Kathmandu": [345], "Pacific/Auckland": [780], "America/St_Johns": [-210, -150],
                ]
                guard let start = request["start"]?.stringValue, start.utf8.count == 20,
                    let offsets = zones[request["timeZone"]?.stringValue ?? ""],
                    let first = try statement(request).periods.first
                else { return nil }
                let bytes = Array(start.utf8).map { Int($0) - 48 }
                let minute = (bytes[11] * 10 + bytes[12]) * 60 + bytes[14] * 10 + bytes[15]
                let date = try CalendarDate(String(start.prefix(10)))
                let expected = try offsets.map { offset in
                    let sum = minute + offset
                    return try date.adding(days: sum < 0 ? -1 : sum >= 1440 ? 1 : 0).description
                }
                return expected.contains(first.from) ? nil : "\(first.from) for \(start)"
            }),
    ]
}
