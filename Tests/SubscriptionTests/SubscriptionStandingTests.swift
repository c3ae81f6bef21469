import Billing
import BillingPreview
import JSONCoding
import Primitives
import Testing

@testable import Subscription

/// What a day makes of a subscription that the engine bills.
@Suite struct SubscriptionStandingTests {
    private static let plan = Identifier.v4()
    private static let zones: InstalledZoneLookup = { $0 == "UTC" ? .utc : nil }

    private static func billing(_ more: JSONObject = [:], _ entries: [SubscriptionBilling.Entry] = [])
        -> SubscriptionBilling
    {
        var scenario: JSONObject = [
            "currency": "USD", "timeZone": "UTC", "start": "2026-01-31", "interval": ["unit": "month", "count": 1],
            "price": ["model": "per_unit", "unitAmount": "10.00"], "quantity": "1",
        ]
        for (name, value) in more { scenario[name] = value }
        return SubscriptionBilling(
            subscription: .v4(), tenant: .v4(), scenario: scenario, entries: entries, issued: 0)
    }

    private static func entry(
        _ position: Int, _ kind: SubscriptionChange.Kind, on day: String, _ more: JSONObject = [:]
    ) throws -> SubscriptionBilling.Entry {
        var change: JSONObject = ["at": .string(day), "type": .string(kind.rawValue)]
        for (name, value) in more { change[name] = value }
        return SubscriptionBilling.Entry(
            id: .v4(), position: position, kind: kind, state: .scheduled, requestedOn: try CalendarDate(day),
            effectiveOn: nil, plan: nil, change: change)
    }

    private static func standing(
        _ billing: SubscriptionBilling, on day: String, as status: TenantSubscription.Status = .active
    ) throws -> SubscriptionStanding {
        let now = try CalendarDate(day).startOfDay
        let rows = SubscriptionStanding.Rows(status: status, plan: plan, startDate: "2026-01-31")
        return try BilledSubscription(rows, billing, at: now, in: zones).standing()
    }

    @Test func `each day issues what is due and was not issued, once`() throws {
        var billing = Self.billing()
        let first = try Self.standing(billing, on: "2026-01-31")
        #expect(first.invoices.map(\.ordinal) == [1])
        #expect(first.endDate.description == "2026-02-28" && first.renews)
        #expect(first.nextDue == Timestamp(iso8601: "2026-02-28T00:00:00.000Z"))
        billing.issued = 1
        #expect(try Self.standing(billing, on: "2026-02-27").invoices.isEmpty)
        let late = try Self.standing(billing, on: "2026-04-01")
        #expect(late.invoices.map(\.ordinal) == [2, 3])
        #expect(late.invoices.map { $0.invoice.issuedOn?.description } == ["2026-02-28", "2026-03-31"])
        #expect(late.endDate.description == "2026-04-30")
    }

    @Test func `nothing is due before the start, and nothing of what was cancelled`() throws {
        let early = try Self.standing(Self.billing(["start": "2026-02-10"]), on: "2026-01-31")
        #expect(early.invoices.isEmpty)
        #expect(early.nextDue == Timestamp(iso8601: "2026-02-10T00:00:00.000Z"))
        let cancelled = try Self.standing(Self.billing(), on: "2026-06-01", as: .cancelled)
        #expect(cancelled.invoices.isEmpty && cancelled.nextDue == nil && !cancelled.renews)
        let pending = try Self.standing(Self.billing(), on: "2026-01-31", as: .pending)
        #expect(pending.status == .pending && pending.nextDue == nil)
    }

    @Test func `a cancellation at the end of the period takes effect on its day`() throws {
        let cancel = try Self.entry(1, .cancel, on: "2026-02-10", ["policy": "at_period_end", "ownInvoice": true])
        let billing = Self.billing([:], [cancel])
        let before = try Self.standing(billing, on: "2026-02-10")
        #expect(before.changed.first?.effectiveOn?.description == "2026-02-28")
        #expect(before.status == .active && !before.renews)
        #expect(before.nextDue == Timestamp(iso8601: "2026-02-28T00:00:00.000Z"))
        let after = try Self.standing(billing, on: "2026-03-05")
        #expect(after.status == .cancelled && after.endDate.description == "2026-02-28" && after.nextDue == nil)
        #expect(after.changed.first?.state == .applied)
    }

    @Test func `a term expires, a renewal extends it, and a restart counts on`() throws {
        let term: JSONObject = ["term": ["periods": 1]]
        #expect(try Self.standing(Self.billing(term), on: "2026-02-28").status == .expired)
        let renewal = try Self.entry(1, .renew, on: "2026-02-10", ["periods": 2])
        let renewed = try Self.standing(Self.billing(term, [renewal]), on: "2026-02-28")
        #expect(renewed.status == .active && renewed.endDate.description == "2026-04-30")
        var anew = Self.billing(term).scenario
        anew["start"] = "2026-05-02"
        let restart = try Self.entry(2, .restart, on: "2026-05-02", ["scenario": .object(anew), "issued": 3])
        var billing = Self.billing(term, [renewal, restart])
        billing.issued = 3
        let begun = try Self.standing(billing, on: "2026-05-02")
        #expect(begun.invoices.map(\.ordinal) == [4] && begun.endDate.description == "2026-06-02")
    }

    @Test func `a change of the renewal day follows the renewal, and leaves its invoice alone`() throws {
        var billing = Self.billing()
        let renewal = try Self.standing(billing, on: "2026-02-28").invoices
        billing.entries = [
            try Self.entry(1, .quantity, on: "2026-02-28", ["quantity": "3", "ownInvoice": true]),
            try Self.entry(2, .quantity, on: "2026-02-28", ["quantity": "4", "ownInvoice": true]),
        ]
        let changed = try Self.standing(billing, on: "2026-02-28").invoices
        #expect(Array(changed.prefix(2)) == renewal)
        #expect(changed.map { $0.invoice.total.minorUnits } == [1000, 1000, 2000, 1000])
    }

    @Test func `the plan is that of the change that took effect last, and an invoice has that of its day`() throws {
        let (dear, cheap) = (Identifier.v4(), Identifier.v4())
        func change(_ position: Int, to plan: Identifier, on day: String, _ price: String) throws
            -> SubscriptionBilling.Entry
        {
            var entry = try Self.entry(
                position, .change, on: day,
                ["price": ["model": "per_unit", "unitAmount": .string(price)], "policy": "none"])
            entry.plan = plan
            return entry
        }
        // What became known first takes effect last.
        let billing = Self.billing(
            [:],
            [try change(1, to: dear, on: "2026-03-10", "30.00"), try change(2, to: cheap, on: "2026-02-10", "5.00")])
        let later = try Self.standing(billing, on: "2026-04-01")
        #expect(later.plan == dear)
        #expect(later.invoices.map { $0.invoice.total.minorUnits } == [1000, 500, 3000])
        let days = later.invoices.compactMap(\.invoice.issuedOn)
        #expect(days.map { later.plan(on: $0) } == [Self.plan, cheap, dear])
        #expect(try Self.standing(billing, on: "2026-03-09").plan == cheap)
    }

    @Test func `a zone that is not installed is refused`() throws {
        #expect(throws: ScenarioRefusal.self) {
            try Self.standing(Self.billing(["timeZone": "Mars/Base"]), on: "2026-01-31")
        }
    }

    @Test func `a change at the end of a period counts with the period that begins on its day`() throws {
        let boundary = try Self.entry(1, .quantity, on: "2026-02-28", ["quantity": "2", "policy": "at_period_end"])
        var billing = Self.billing([:], [boundary])
        #expect(try Self.standing(billing, on: "2026-02-10").changed.first?.effectiveOn?.description == "2026-02-28")
        let then = try Self.standing(billing, on: "2026-02-28")
        #expect(then.invoices.map { $0.invoice.total.minorUnits } == [1000, 2000])
        billing.entries = [
            try Self.entry(1, .quantity, on: "2026-02-27", ["quantity": "2", "policy": "at_period_end"])
        ]
        #expect(try Self.standing(billing, on: "2026-02-10").changed.first?.effectiveOn?.description == "2026-02-28")
    }

    @Test func `what is scheduled for after the end does not keep anybody from ending, and never happens`() throws {
        let later = try Self.entry(1, .quantity, on: "2026-06-10", ["quantity": "2", "policy": "at_period_end"])
        let cancel = try Self.entry(2, .cancel, on: "2026-02-10", ["policy": "at_period_end", "ownInvoice": true])
        let billing = Self.billing([:], [later, cancel])
        let before = try Self.standing(billing, on: "2026-02-10")
        #expect(before.endDate.description == "2026-02-28" && before.status == .active)
        #expect(before.changed.map(\.effectiveOn?.description) == ["2026-02-28"])
        let after = try Self.standing(billing, on: "2026-02-28")
        #expect(after.status == .cancelled && after.changed.map(\.state) == [.canceled, .applied])
    }

    /// A price from a day on.
    private static func price(
        _ position: Int, _ amount: String, on day: String, _ origin: SubscriptionChange.Origin?,
        _ policy: ChangePolicy = .atPeriodEnd, plan: Identifier? = nil
    ) throws -> SubscriptionBilling.Entry {
        var entry = try entry(
            position, .change, on: day,
            [
                "price": ["model": "per_unit", "unitAmount": .string(amount)], "policy": .string(policy.rawValue),
            ])
        (entry.origin, entry.plan) = (origin, plan)
        return entry
    }

    private static func totals(_ entries: [SubscriptionBilling.Entry], until day: String) throws -> [Int64] {
        try standing(billing([:], entries), on: day).invoices.map { $0.invoice.total.minorUnits }
    }

    @Test func `another plan takes the place of prices that were scheduled before, unless it is canceled`() throws {
        var own = try Self.price(1, "8.00", on: "2026-02-10", .override)
        // As it is stored on the day of the request.
        own.effectiveOn = try CalendarDate("2026-02-28")
        let end = try Self.price(2, "10.00", on: "2026-03-31", .overrideEnd)
        let plan = try Self.price(3, "30.00", on: "2026-03-10", nil, .none, plan: .v4())
        #expect(try Self.totals([own, end], until: "2026-05-01") == [1000, 800, 1000, 1000])
        #expect(try Self.totals([own, end, plan], until: "2026-05-01") == [1000, 800, 3000, 3000])
        let standing = try Self.standing(Self.billing([:], [own, end, plan]), on: "2026-03-10")
        #expect(standing.changed.map(\.state) == [.applied, .canceled, .applied])
        let before = try Self.standing(Self.billing([:], [own, end, plan]), on: "2026-03-09")
        #expect(before.changed.map(\.state) == [.applied, .scheduled, .scheduled])
        // The same for the price of a version that was announced.
        var repriced = try Self.price(1, "12.00", on: "2026-02-10", .repricing)
        repriced.effectiveOn = try CalendarDate("2026-02-28")
        let sooner = try Self.price(2, "30.00", on: "2026-02-14", nil, .none, plan: .v4())
        #expect(try Self.totals([repriced], until: "2026-03-01") == [1000, 1200])
        #expect(try Self.totals([repriced, sooner], until: "2026-03-01") == [1000, 3000])
        let newer = try Self.price(2, "13.00", on: "2026-02-14", .repricing)
        #expect(try Self.totals([repriced, newer], until: "2026-03-01") == [1000, 1300])
    }

    @Test func `a price of its own takes the place of another, and what the plan costs is known`() throws {
        var first = try Self.price(1, "8.00", on: "2026-02-10", .override)
        (first.state, first.effectiveOn) = (.applied, try CalendarDate("2026-02-28"))
        var end = try Self.price(2, "10.00", on: "2026-06-30", .overrideEnd)
        end.effectiveOn = try CalendarDate("2026-06-30")
        var billing = Self.billing([:], [first, end])
        #expect(billing.activeOverride?.id == first.id && billing.overrideEnds.map(\.id) == [end.id])
        #expect(billing.regularPrice.price["unitAmount"] == "10.00" && billing.scheduledOverrides.isEmpty)
        // One that begins before the end of the other makes that end superfluous; a later one does not.
        let sooner = try Self.price(3, "7.00", on: "2026-04-30", .override)
        billing.entries = [first, end, sooner]
        #expect(billing.overrideEnds.isEmpty && billing.scheduledOverrides.map(\.id) == [sooner.id])
        let later = try Self.price(3, "7.00", on: "2026-08-31", .override)
        billing.entries = [first, end, later]
        #expect(billing.overrideEnds.map(\.id) == [end.id] && billing.activeOverride?.id == first.id)
        #expect(billing.end(of: first)?.id == end.id && billing.end(of: later) == nil)
        // A version that was announced meanwhile is what comes back.
        var repriced = try Self.price(2, "12.00", on: "2026-02-10", .repricing)
        repriced.effectiveOn = try CalendarDate("2026-02-28")
        billing.entries = [repriced]
        #expect(billing.regularPrice.price["unitAmount"] == "12.00")
    }
}
