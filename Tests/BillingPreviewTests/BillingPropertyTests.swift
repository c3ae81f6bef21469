import Billing
import BillingProperties
import JSONCoding
import Testing

/// The invariants of billing on 20,000 random scenarios; `make fuzz-billing` tries a million.
@Suite struct BillingPropertyTests {
    @Test(arguments: BillingProperty.all) func `invariants hold for random scenarios`(_ property: BillingProperty) async
    {
        let count = 20_000 / BillingProperty.all.count + 1
        for seed in 0..<UInt64(count) {
            // There is a thread for each core only, and services of other tests wait for it within transactions.
            await Task.yield()
            guard let failure = property.failure(seed: seed) else { continue }
            Issue.record("\(failure)")
            return
        }
    }

    /// Found by `make fuzz-billing`: an amount was shared out as though the item were already there.
    @Test func `an item that is added later has no effect on how discounts were shared out`() throws {
        var request: JSONObject = [
            "currency": "USD", "start": "2024-11-17", "until": "2025-02-16", "interval": ["unit": "month"],
            "price": ["model": "flat", "amount": "1"], "discounts": [["type": "amount", "value": "1"]],
        ]
        let changes: [JSONValue] = [
            ["at": "2024-12-12", "type": "change", "price": ["model": "per_unit", "unitAmount": "0.5312"]],
            ["at": "2025-01-02", "type": "change", "price": ["model": "per_unit", "unitAmount": "1"]],
        ]
        request["changes"] = .array(changes)
        let without = try Preview.statement(.object(request))
        let added: JSONValue = [
            "at": "2025-02-02", "type": "add_item", "item": "a3", "price": ["model": "flat", "amount": "1"],
        ]
        request["changes"] = .array(changes + [added])
        let day = try CalendarDate("2025-02-02")
        func earlier(_ statement: BillingStatement) -> [DraftInvoice] {
            statement.invoices.filter { ($0.issuedOn ?? day) < day }
        }
        #expect(try earlier(Preview.statement(.object(request))) == earlier(without))
        #expect(!earlier(without).isEmpty)
    }
}

extension BillingProperty: CustomTestStringConvertible {
    /// The property.
    public var testDescription: String { name }
}
