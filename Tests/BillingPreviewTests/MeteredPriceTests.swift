import Billing
import BillingPreview
import JSONCoding
import Testing

/// Prices of usage beside the price of a subscription.
@Suite struct MeteredPriceTests {
    private static func request(until: String, _ more: JSONObject = [:]) -> JSONValue {
        var request: JSONObject = [
            "currency": "USD", "start": "2026-01-01", "until": .string(until), "interval": ["unit": "month"],
            "price": ["model": "flat", "amount": "50.00"],
            "metered": [
                [
                    "id": "calls", "price": ["model": "per_unit", "unitAmount": "0.10"],
                    "usage": [
                        ["at": "2026-01-10", "quantity": "100"], ["at": "2026-01-20", "quantity": "50"],
                        ["at": "2026-02-03", "quantity": "30"],
                    ],
                ]
            ],
        ]
        for (name, value) in more { request[name] = value }
        return .object(request)
    }

    /// Day and lines of each invoice.
    private func invoices(_ request: JSONValue) throws -> [String] {
        try Preview.statement(request).invoices.map { invoice in
            let lines = invoice.lines.map { "\($0.details?.item ?? "-") \($0.amount.decimalText)" }
            return "\(invoice.issuedOn?.description ?? ""): " + lines.joined(separator: ", ")
        }
    }

    @Test func `usage is a line of the invoice after its period`() throws {
        #expect(
            try invoices(Self.request(until: "2026-03-02")) == [
                "2026-01-01: - 50.00", "2026-02-01: - 50.00, calls 15.00", "2026-03-01: - 50.00, calls 3.00",
            ])
        // What was not billed yet changes nothing of what was.
        let short = try Preview.statement(Self.request(until: "2026-01-31")).invoices
        #expect(try Preview.statement(Self.request(until: "2026-03-02")).invoices.starts(with: short))
    }

    @Test(arguments: [
        // What was used so far is billed on the day, at the old price.
        ("prorate_now", ["2026-01-16: - -25.81, - 41.29, calls 10.00", "2026-02-01: - 80.00, calls 10.00"]),
        ("credit_at_renewal", ["2026-02-01: - -25.81, - 41.29, - 80.00, calls 10.00, calls 10.00"]),
        ("at_period_end", ["2026-02-01: - 80.00, calls 15.00"]), ("none", ["2026-02-01: - 80.00, calls 15.00"]),
        ("full_price_new_period", ["2026-01-16: - -25.81, - 80.00, calls 10.00"]),
    ])
    func `a change brings new prices of usage`(policy: String, expected: [String]) throws {
        let change: JSONValue = [
            "at": "2026-01-16", "type": "change", "policy": .string(policy),
            "price": ["model": "flat", "amount": "80.00"],
            "metered": [["id": "calls", "price": ["model": "per_unit", "unitAmount": "0.20"]]],
        ]
        #expect(
            try invoices(Self.request(until: "2026-02-02", ["changes": [change]])) == ["2026-01-01: - 50.00"] + expected
        )
    }

    @Test func `a price of zero that a change brings or takes away has no line`() throws {
        let free: JSONValue = ["model": "per_unit", "unitAmount": "0"]
        let begins: JSONValue = [
            "at": "2026-02-10", "type": "change", "policy": "at_period_end",
            "price": ["model": "flat", "amount": "50.00"],
            "metered": [["id": "calls", "price": ["model": "per_unit", "unitAmount": "0.10"]]],
        ]
        let metered: JSONValue = [
            ["id": "calls", "price": free, "start": "2026-02-10", "usage": [["at": "2026-03-05", "quantity": "10"]]]
        ]
        #expect(
            try invoices(Self.request(until: "2026-04-02", ["metered": metered, "changes": [begins]])) == [
                "2026-01-01: - 50.00", "2026-02-01: - 50.00", "2026-03-01: - 50.00", "2026-04-01: - 50.00, calls 1.00",
            ])
    }

    @Test func `an end bills what was used, and a new interval is that of usage, too`() throws {
        let cancel: JSONValue = ["at": "2026-01-16", "type": "cancel", "policy": "prorate_now"]
        #expect(
            try invoices(Self.request(until: "2026-03-02", ["changes": [cancel]])) == [
                "2026-01-01: - 50.00", "2026-01-16: - -25.81, calls 10.00",
            ])
        let yearly: JSONValue = [
            "at": "2026-02-01", "type": "change", "policy": "prorate_now", "interval": ["unit": "year"],
            "price": ["model": "flat", "amount": "500.00"],
        ]
        #expect(
            try invoices(Self.request(until: "2027-02-02", ["changes": [yearly]])) == [
                "2026-01-01: - 50.00", "2026-02-01: - 457.53, calls 15.00", "2027-01-01: - 500.00, calls 3.00",
            ])
    }

    @Test func `what makes no sense is refused`() throws {
        for (more, pointer): (JSONObject, String) in [
            (["metered": [["id": "calls", "price": ["model": "flat", "amount": "1"]]]], "/metered/0/usage"),
            (["metered": [["price": ["model": "flat", "amount": "1"], "usage": []]]], "/metered/0/id"),
            (
                [
                    "metered": [
                        ["id": "calls", "price": ["model": "flat", "amount": "1"], "usage": [], "start": "2025-12-31"]
                    ]
                ],
                "/metered/0/start"
            ),
            (
                [
                    "changes": [
                        [
                            "at": "2026-01-16", "type": "change", "quantity": "2",
                            "metered": [["id": "other", "price": ["model": "flat", "amount": "1"]]],
                        ]
                    ]
                ], "/changes/0/metered/0/id"
            ),
        ] {
            let answer = try Preview.answer(Self.request(until: "2026-03-02", more))
            #expect(answer["refused"]?.stringValue == pointer, "\(answer)")
        }
    }
}
