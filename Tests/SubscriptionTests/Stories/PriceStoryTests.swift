import JSONCoding
import Testing

/// Coupons, taxes, and currencies.
@Suite struct PriceStoryTests {
    @Test func `a coupon of three months ends, and the fourth costs the full price`() async throws {
        try await Story.tell(
            from: "2027-01-01", price: 31, ["coupon": ["type": "percent", "value": "10", "periods": 3]]
        ) { story in
            try await story.advance(to: "2027-04-01")
            try await story.bills("2027-01-01 2790", "2027-02-01 2790", "2027-03-01 2790", "2027-04-01 3100")
        }
    }

    @Test func `a coupon ends in the middle of a year that is paid by the month`() async throws {
        try await Story.tell(
            from: "2027-01-01", price: 31, ["coupon": ["type": "amount", "value": "5", "periods": 1]]
        ) { story in
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-01-01 2600", "2027-02-01 3100")
        }
    }

    @Test func `a first month for nothing has an invoice that is paid at once`() async throws {
        try await Story.tell(
            from: "2027-01-01", price: 31, ["coupon": ["type": "percent", "value": "100", "periods": 1]]
        ) { story in
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-01-01 0", "2027-02-01 3100")
            #expect(try await story.column("invoice_status") == ["paid", "open"])
        }
    }

    @Test func `tax comes on top`() async throws {
        try await Story.tell(
            from: "2027-01-01", price: 31, ["taxes": [["name": "VAT", "rate": "20"]]]
        ) { story in
            try await story.bills("2027-01-01 3720")
        }
    }

    @Test func `tax is part of the price`() async throws {
        try await Story.tell(
            from: "2027-01-01", price: 31, ["taxes": [["name": "VAT", "rate": "20", "inclusive": true]]]
        ) { story in
            try await story.bills("2027-01-01 3100")
            #expect(try await story.column("tax") == ["517"])
        }
    }

    @Test func `seats with a coupon and tax: each part is right to the cent`() async throws {
        try await Story.tell(
            from: "2027-04-01", price: 30,
            [
                "quantity": "2", "coupon": ["type": "percent", "value": "10", "periods": 3],
                "taxes": [["name": "VAT", "rate": "20"]],
            ]
        ) { story in
            try await story.on("2027-04-16", "change", ["quantity": "3"])
            // 60.00 less 6.00 and 20 %; 15.00 less 1.50 and 20 %.
            try await story.bills("2027-04-01 6480", "2027-04-16 1620")
        }
    }

    @Test func `yen have no decimals`() async throws {
        try await Story.tell(from: "2027-04-01", price: 1000, currency: "JPY") { story in
            try await story.on("2027-04-11", "change", ["quantity": "2"])
            // For 20 of 30 days, 666.67 yen are given back and 1,333.33 charged, each rounded.
            try await story.bills("2027-04-01 1000", "2027-04-11 666")
            #expect(try await story.column("currency_code") == ["JPY", "JPY"])
        }
    }

    @Test func `dinars have three decimals`() async throws {
        try await Story.tell(from: "2027-04-01", price: 10.005, currency: "BHD") { story in
            try await story.on("2027-04-16", "change", ["quantity": "2"])
            // Half of 10.005 is 5.0025, rounded before it is given back.
            try await story.bills("2027-04-01 10005", "2027-04-16 5002")
        }
    }

    @Test func `a third of a seat costs a third`() async throws {
        try await Story.tell(from: "2027-04-01", price: 9.99, ["quantity": "0.333"]) { story in
            // 3.32667.
            try await story.bills("2027-04-01 333")
        }
    }
}
