import Billing
import HTTPTypes
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit
import Testing

@testable import Subscription

@Suite struct PlanTermsTests {
    static func terms(
        price: JSONValue = 50, currency: String = "USD", duration: JSONValue = 1, unit: String = "month",
        metaData: JSONValue = .null
    ) throws -> PlanTerms {
        try PlanTerms(
            plan: ["name": "Premium", "price": price, "metaData": metaData],
            cycle: ["duration": duration, "durationUnit": .string(unit)],
            currency: ["currencyCode": .string(currency)], sources: [])
    }

    private static func number(_ literal: String) throws -> JSONValue {
        .number(try #require(JSONNumber(literal: literal)))
    }

    @Test(arguments: [
        ("50.00", "USD", 5000), ("49.99", "USD", 4999), ("0", "USD", 0), ("1500.00", "JPY", 1500),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234), ("0.1", "EUR", 10), ("1e2", "USD", 10_000), ("99999999.99", "USD", 9_999_999_999),
    ])
    func `the price is exact in minor units`(literal: String, currency: String, minorUnits: Int64) throws {
        let terms = try Self.terms(price: Self.number(literal), currency: currency)
        #expect(terms.price.minorUnits == minorUnits)
        #expect(terms.price.currency.code == currency)
    }

    @Test func `a price that the currency cannot express is refused`() throws {
        #expect(throws: PlanTermsError.billing(.tooManyDecimals)) {
            try Self.terms(price: Self.number("10.50"), currency: "JPY")
        }
        #expect(throws: PlanTermsError.billing(.tooManyDecimals)) { try Self.terms(price: Self.number("0.001")) }
    }

    @Test func `rows of the original that cannot be billed are refused`() throws {
        #expect(throws: PlanTermsError.noPrice) { try Self.terms(price: .null) }
        #expect(throws: PlanTermsError.billing(.invalidCycleUnit)) { try Self.terms(unit: "fortnight") }
        #expect(throws: PlanTermsError.billing(.invalidCycleDuration)) { try Self.terms(duration: 0) }
        #expect(throws: PlanTermsError.billing(.invalidCurrency)) { try Self.terms(currency: "US") }
    }

    @Test(arguments: ["month", "months", "MONTHS", "Month"]) func `units are read in any form`(unit: String) throws {
        #expect(try Self.terms(duration: 3, unit: unit).cycle == .quarterly)
    }

    @Test func `a plan may have its own limit`() throws {
        #expect(try Self.terms().tenantLimit == nil)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": 2]).tenantLimit == 2)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": 0]).tenantLimit == 0)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": -1]).tenantLimit == nil)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": "2"]).tenantLimit == nil)
    }
}
