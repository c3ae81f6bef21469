import BillingPreview
import JSONCoding
import Testing

/// What is refused, with a pointer to it, before anything is computed.
@Suite struct ScenarioReaderTests {
    private static let valid: JSONObject = [
        "currency": "USD", "start": "2024-01-31", "until": "2024-05-01", "interval": ["unit": "month"],
        "price": ["model": "flat", "amount": "8.50"],
    ]

    private func pointer(_ changes: JSONObject) throws -> String? {
        var body = Self.valid
        for (name, value) in changes { body[name] = value.isNull ? nil : value }
        return try Preview.answer(.object(body))["refused"]?.stringValue
    }

    @Test func `members that are missing, unknown, or of the wrong kind`() throws {
        for name in ["currency", "start", "until", "interval", "price"] {
            #expect(try pointer([name: .null]) == "/\(name)")
        }
        for (changes, expected): (JSONObject, String) in [
            (["a/b~": 1], "/a~1b~0"),
            (["price": ["model": "flat", "amount": "1", "unitAmount": "1"]], "/price/unitAmount"),
            (["price": ["model": "flat"]], "/price/amount"), (["price": "8.50"], "/price"),
            (["quantity": 3], "/quantity"),
            (["quantity": "-3"], "/quantity"), (["quantity": "1e3"], "/quantity"),
            (["quantity": "1.0000000000001"], "/quantity"),
            (["quantity": "1000000000001"], "/quantity"), (["timeZone": "/etc/passwd"], "/timeZone"),
            (["timeZone": "Europe"], "/timeZone"), (["timeZone": "right/Europe/Paris"], "/timeZone"),
            (["start": "2024-02-30"], "/start"), (["start": "1899-12-31"], "/start"), (["end": "2024-01-31"], "/end"),
            (["interval": ["unit": "months"]], "/interval/unit"),
            (["interval": ["unit": "year", "count": 101]], "/interval/count"),
            (["anchor": "monday"], "/anchor"), (["anchor": ["day": 1, "weekday": 1]], "/anchor"),
            (["trial": [:]], "/trial"),
            (["term": [:]], "/term/periods"), (["phases": [["price": ["model": "flat", "amount": "1"]]]], "/phases"),
            (["interim": ["2024-02-01"]], "/interim"), (["usage": [["at": "2024-02-01"]]], "/usage/0/quantity"),
            (["usage": [], "quantity": "1"], "/quantity"), (["items": [:]], "/items"),
            (["discounts": [["type": "percent", "value": "101"]]], "/discounts/0/value"),
            (["discounts": [["type": "amount", "value": "1.005"]]], "/discounts/0/value"),
            (["discounts": [["type": "amount", "value": "1", "items": ["a"]]]], "/discounts/0/items/0"),
            (["taxes": [["name": "VAT", "rate": "1001"]]], "/taxes/0/rate"),
            (["credits": [["amount": "0"]]], "/credits/0/amount"),
            (["policies": ["granularity": "minute"]], "/policies/granularity"),
            (["policies": ["day": 1]], "/policies/day"),
        ] {
            #expect(try pointer(changes) == expected)
        }
    }

    @Test func `tiers ascend, and only the last has no bound`() throws {
        func tiers(_ tiers: JSONValue) throws -> String? {
            try pointer(["price": ["model": "volume", "tiers": tiers]])
        }
        #expect(try tiers([]) == "/price/tiers")
        #expect(try tiers([["upTo": "5"]]) == "/price/tiers/0/upTo")
        #expect(try tiers([["upTo": .null], ["upTo": .null]]) == "/price/tiers/0/upTo")
        #expect(try tiers([["upTo": "5"], ["upTo": "5"], ["upTo": .null]]) == "/price/tiers/1/upTo")
        #expect(try tiers([["upTo": "0"], ["upTo": .null]]) == "/price/tiers/0/upTo")
    }

    @Test func `changes name what they are about`() throws {
        func change(_ change: JSONObject) throws -> String? {
            var change = change
            if change["at"] == nil { change["at"] = "2024-02-10" }
            return try pointer(["changes": [.object(change)]])
        }
        #expect(try change(["type": "change"]) == "/changes/0/price")
        #expect(try change(["type": "quantity"]) == "/changes/0/quantity")
        #expect(try change(["type": "quantity", "quantity": "1", "item": "a"]) == "/changes/0/item")
        #expect(try change(["type": "cancel", "policy": "extend_time"]) == "/changes/0/policy")
        #expect(try change(["type": "cancel", "price": ["model": "flat", "amount": "1"]]) == "/changes/0/price")
        #expect(try change(["type": "pause", "at": "2024-01-30"]) == "/changes/0/at")
        #expect(try change(["type": "anchor"]) == "/changes/0/anchor")
        #expect(try change(["type": "credit_note", "invoice": 0, "line": 1, "amount": "1"]) == "/changes/0/invoice")
    }

    @Test func `what is too much is refused, not computed`() throws {
        #expect(try pointer(["interval": ["unit": "day"], "until": "2999-12-31"]) == "/until")
        #expect(try pointer(["price": ["model": "flat", "amount": "9000000000000.01"]]) == "/price/amount")
        let large: JSONValue = ["model": "per_unit", "unitAmount": "9000000000000"]
        #expect(try pointer(["price": large, "quantity": "1000000000000"]) == "/price")
        #expect(try pointer(["price": large, "taxes": [["name": "T", "rate": "1000"]]]) != nil)
        let change: JSONValue = ["at": "2024-02-10", "type": "pause"]
        #expect(try pointer(["changes": .array(Array(repeating: change, count: 1_001))]) == "/changes")
    }
}
