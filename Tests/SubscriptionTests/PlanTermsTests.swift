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
    func priceIsExactInMinorUnits(literal: String, currency: String, minorUnits: Int64) throws {
        let terms = try Self.terms(price: Self.number(literal), currency: currency)
        #expect(terms.price.minorUnits == minorUnits)
        #expect(terms.price.currency.code == currency)
    }

    @Test func aPriceThatTheCurrencyCannotExpressIsRefused() throws {
        #expect(throws: PlanTermsError.billing(.tooManyDecimals)) {
            try Self.terms(price: Self.number("10.50"), currency: "JPY")
        }
        #expect(throws: PlanTermsError.billing(.tooManyDecimals)) { try Self.terms(price: Self.number("0.001")) }
    }

    @Test func rowsOfTheOriginalThatCannotBeBilledAreRefused() throws {
        #expect(throws: PlanTermsError.noPrice) { try Self.terms(price: .null) }
        #expect(throws: PlanTermsError.billing(.invalidCycleUnit)) { try Self.terms(unit: "fortnight") }
        #expect(throws: PlanTermsError.billing(.invalidCycleDuration)) { try Self.terms(duration: 0) }
        #expect(throws: PlanTermsError.billing(.invalidCurrency)) { try Self.terms(currency: "US") }
    }

    @Test(arguments: ["month", "months", "MONTHS", "Month"]) func unitsAreReadInAnyForm(unit: String) throws {
        #expect(try Self.terms(duration: 3, unit: unit).cycle == .quarterly)
    }

    @Test func aPlanMayHaveALimitOfItsOwn() throws {
        #expect(try Self.terms().tenantLimit == nil)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": 2]).tenantLimit == 2)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": 0]).tenantLimit == 0)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": -1]).tenantLimit == nil)
        #expect(try Self.terms(metaData: ["maxSubscriptionsPerTenant": "2"]).tenantLimit == nil)
    }
}

@Suite struct FirstPeriodTests {
    private static func first(
        from start: String, duration: JSONValue = 1, unit: String = "month", price: JSONValue = 50
    ) throws -> FirstPeriod {
        let terms = try PlanTermsTests.terms(price: price, duration: duration, unit: unit)
        return try FirstPeriod(of: terms, from: CalendarDate(start))
    }

    @Test(arguments: [
        ("2026-01-31", 1, "month", "2026-02-28"), ("2024-01-31", 1, "month", "2024-02-29"),
        ("2026-01-31", 3, "months", "2026-04-30"), ("2026-01-31", 6, "months", "2026-07-31"),
        ("2024-02-29", 1, "year", "2025-02-28"), ("2026-12-31", 1, "month", "2027-01-31"),
        ("2026-02-25", 1, "week", "2026-03-04"), ("2026-02-25", 10, "days", "2026-03-07"),
    ])
    func endsWhereTheCalendarSays(start: String, duration: Int, unit: String, end: String) throws {
        let first = try Self.first(from: start, duration: .integer(duration), unit: unit)
        #expect(first.period.start.description == start)
        #expect(first.period.end.description == end)
    }

    @Test func keepsTheAnchorDayOfMonthsAndYearsOnly() throws {
        #expect(try Self.first(from: "2026-01-31").anchorDay == 31)
        #expect(try Self.first(from: "2024-02-29", unit: "year").anchorDay == 29)
        #expect(try Self.first(from: "2026-01-31", unit: "week").anchorDay == nil)
        #expect(try Self.first(from: "2026-01-31", unit: "day").anchorDay == nil)
    }

    @Test func chargesThePriceOfOneWholeCycle() throws {
        let first = try Self.first(from: "2026-01-31", price: 150)
        #expect(first.invoice.subtotal.minorUnits == 15_000)
        #expect(first.invoice.total.minorUnits == 15_000)
        #expect(first.invoice.lines.count == 1)
        #expect(first.invoice.lines.first?.description == "Premium, 1 month")
        #expect(first.invoice.lines.first?.period == first.period)
    }

    @Test func aPeriodBeyondTheCalendarIsRefused() {
        #expect(throws: BillingError.dateOutOfRange) {
            try Self.first(from: "2026-01-31", duration: 9999, unit: "years")
        }
    }
}

@Suite struct SubscriptionQuotaTests {
    private let tenant = Identifier.v4()
    private let plan = Identifier.v4()

    @Test func theGeneralLimitHoldsUnlessThePlanHasItsOwn() {
        #expect(SubscriptionQuota(general: 10, plan: nil).limit == 10)
        #expect(SubscriptionQuota(general: 10, plan: 2).limit == 2)
        #expect(SubscriptionQuota(general: 10, plan: 50).limit == 50)
        #expect(SubscriptionQuota(general: 10, plan: 0).limit == 0)
    }

    @Test func theDatabaseIsGivenBothLimitsTheDayAndTheRow() throws {
        let day = try CalendarDate("2026-01-31")
        let general = SubscriptionQuota(general: 10, plan: nil).reservation(tenant: tenant, plan: plan, on: day)
        #expect(
            general.values == [.identifier(tenant), .identifier(plan), .int32(10), .null, .text("2026-01-31"), .null])
        let own = SubscriptionQuota(general: 10, plan: 2)
            .reservation(tenant: tenant, plan: plan, on: day, changing: plan)
        #expect(
            own.values == [
                .identifier(tenant), .identifier(plan), .int32(10), .int32(2), .text("2026-01-31"), .identifier(plan),
            ])
    }

    @Test(
        arguments: [
            (0, "2020-01-01", true), (1, "2026-02-01", true), (1, "2026-01-31", false), (1, "2026-01-30", false),
            (1, nil, true), (1, "31.1.2026", true), (2, "2027-01-01", false), (4, "2027-01-01", false),
        ] as [(Int, String?, Bool)])
    func whatIsOverIsNotLive(status: Int, end: String?, isLive: Bool) throws {
        let status = try #require(TenantSubscription.Status(rawValue: status))
        #expect(status.isLive(until: end, on: "2026-01-31") == isLive)
    }

    @Test func theFailureNamesTheLimit() {
        let failure = SubscriptionError.quotaExceeded(SubscriptionQuota(general: 10, plan: 3)).httpFailure
        #expect(failure.status == .conflict)
        #expect(
            failure.message.stringValue?.contains("more than 3 active or pending subscriptions to this plan") == true)
    }
}
