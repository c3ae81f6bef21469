package import Billing
package import JSONCoding

/// Reads a request of `POST /billing-preview` (docs/billing.md). Every rule of its form is checked here, so that the engine
/// sees only scenarios that make sense.
package struct ScenarioReader: Sendable {
    /// How much one request may have.
    enum Bounds {
        static let items = 100
        static let changes = 1_000
        static let phases = 100
        static let interim = 100
        static let discounts = 20
        static let taxes = 20
        static let credits = 100
        /// Periods of a term, a phase, or a discount.
        static let periods = 1...100_000
    }

    /// Finds a time zone by its name; nil if it is unknown.
    private let zones: @Sendable (String) -> ZoneRules?
    let maximumUsage: Int

    /// - Parameters:
    ///   - zones: finds a time zone by its name; nil if it is unknown.
    ///   - maximumUsage: events of usage that a request may have.
    package init(
        zones: @escaping @Sendable (String) -> ZoneRules?, maximumUsage: Int = ScenarioReader.requestedUsage
    ) {
        self.zones = zones
        self.maximumUsage = maximumUsage
    }

    /// Events of usage that a request of a client may have.
    package static let requestedUsage = 20_000

    static let itemMembers = ["price", "phases", "quantity", "usage", "aggregation", "interim"]

    private static let members =
        itemMembers + [
            "currency", "timeZone", "start", "created", "until", "interval", "anchor", "collection", "trial", "end",
            "term", "items", "metered", "minimum", "changes", "discounts", "taxes", "credits", "policies",
        ]

    /// The scenario of a request.
    ///
    /// - Throws: what is wrong, with a pointer to it.
    package func scenario(_ body: JSONValue) throws(ScenarioRefusal) -> BillingScenario {
        let reader = try MemberReader(body, at: "", members: Self.members)
        let code = try reader.requiredText("currency", maximum: 3)
        guard let currency = try? Currency(code), currency.isKnown else {
            throw ScenarioRefusal("/currency", "Must be a currency of ISO 4217")
        }
        let (policies, granularity) = try self.policies(reader)
        let axis = TimeAxis(granularity, in: try zone(reader))
        guard let cycle = try reader.interval("interval") else { throw ScenarioRefusal("/interval", "Is required") }
        let start = try reader.moment("start", on: axis)
        var scenario = BillingScenario(
            currency: currency, axis: axis, start: start, until: try reader.requiredDate("until"), cycle: cycle,
            items: [])
        guard axis.position(of: scenario.until) > start else {
            throw ScenarioRefusal("/until", "Must be after the start")
        }
        scenario.policies = policies
        scenario.created = try reader.date("created")
        scenario.anchor = try reader.anchor("anchor") ?? .start
        scenario.trial = try reader.trial("trial")
        scenario.end = try end(reader, after: start, on: axis)
        if let term = reader.value("term") {
            let term = try MemberReader(term, at: "/term", members: ["periods"])
            scenario.term = try term.requiredInteger("periods", in: Bounds.periods)
        }
        scenario.taxes = try taxes(reader)
        scenario.minimum = try reader.amount("minimum", in: currency)
        try readItems(reader, of: &scenario)
        scenario.discounts = try discounts(reader, of: scenario)
        scenario.credit = try credits(reader, in: currency)
        var changes = ChangeReader(scenario: scenario)
        scenario.changes = try changes.changes(reader)
        scenario.items = changes.scenario.items
        return scenario
    }

    private func zone(_ reader: MemberReader) throws(ScenarioRefusal) -> ZoneRules {
        guard let name = try reader.text("timeZone") else { return .utc }
        guard let zone = zones(name) else {
            throw ScenarioRefusal("/timeZone", "Must be a time zone of the IANA database, such as Europe/Paris")
        }
        return zone
    }

    func end(
        _ reader: MemberReader, after start: Int, on axis: TimeAxis
    ) throws(ScenarioRefusal) -> Int? {
        guard let date = try reader.date("end") else { return nil }
        let end = axis.position(of: date)
        guard end > start else { throw ScenarioRefusal(reader.at("end"), "Must be after the start") }
        return end
    }

    private func policies(_ reader: MemberReader) throws(ScenarioRefusal) -> (BillingPolicies, Granularity) {
        var policies = BillingPolicies()
        guard let value = reader.value("policies") else { return (policies, .day) }
        let names = [
            "granularity", "denominator", "cancelDay", "creditCap", "rounding", "trialOnChange", "zeroUsageFlatFee",
            "tierBounds",
        ]
        let reader = try MemberReader(value, at: "/policies", members: names)
        policies.denominator =
            try reader.choice("denominator", BillingPolicies.Denominator.self) ?? policies.denominator
        policies.cancelDay = try reader.choice("cancelDay", BillingPolicies.CancelDay.self) ?? policies.cancelDay
        policies.rounding = try reader.choice("rounding", RoundingMode.self) ?? policies.rounding
        policies.trialOnChange =
            try reader.choice("trialOnChange", BillingPolicies.TrialOnChange.self) ?? policies.trialOnChange
        policies.zeroUsageFlatFee =
            try reader.choice("zeroUsageFlatFee", BillingPolicies.ZeroUsageFlatFee.self) ?? policies.zeroUsageFlatFee
        // These have one value: a request may name it, and any other is refused.
        _ = try reader.choice("creditCap", BillingPolicies.CreditCap.self)
        _ = try reader.choice("tierBounds", BillingPolicies.TierBounds.self)
        return (policies, try reader.choice("granularity", Granularity.self) ?? .day)
    }

    func taxes(_ reader: MemberReader) throws(ScenarioRefusal) -> [TaxRate] {
        var taxes: [TaxRate] = []
        for element in try reader.list("taxes", maximum: Bounds.taxes) {
            let tax = try MemberReader(
                element.value, at: element.pointer, members: ["name", "rate", "inclusive", "reverseCharge"])
            guard let rate = try tax.rate("rate") else { throw ScenarioRefusal(tax.at("rate"), "Is required") }
            taxes.append(
                TaxRate(
                    name: try tax.requiredText("name"), rate: rate, isInclusive: try tax.flag("inclusive"),
                    isReverseCharge: try tax.flag("reverseCharge")))
        }
        return taxes
    }

    private func credits(_ reader: MemberReader, in currency: Currency) throws(ScenarioRefusal) -> Int64 {
        var sum: Int64 = 0
        for element in try reader.list("credits", maximum: Bounds.credits) {
            let credit = try MemberReader(element.value, at: element.pointer, members: ["amount"])
            sum += try credit.minorUnits("amount", in: currency)
        }
        return sum
    }

    private func discounts(
        _ reader: MemberReader, of scenario: BillingScenario
    ) throws(ScenarioRefusal) -> [Discount] {
        var discounts: [Discount] = []
        for element in try reader.list("discounts", maximum: Bounds.discounts) {
            let discount = try MemberReader(
                element.value, at: element.pointer, members: ["type", "value", "periods", "items", "name"])
            let value: Discount.Value
            switch try discount.choice("type", DiscountType.self) {
            case .percent:
                guard let rate = try discount.rate("value", maximum: Rational(100)) else {
                    throw ScenarioRefusal(discount.at("value"), "Is required")
                }
                value = .fraction(rate)
            case .amount: value = .amount(try discount.requiredAmount("value", in: scenario.currency))
            case nil: throw ScenarioRefusal(discount.at("type"), "Is required")
            }
            var items: Set<Int>?
            for item in try discount.list("items", maximum: Bounds.items) {
                let index = scenario.items.firstIndex { $0.id != nil && $0.id == item.value.stringValue }
                guard let index else { throw ScenarioRefusal(item.pointer, "There is no such item") }
                items = (items ?? []).union([index])
            }
            if discount.has("items"), items == nil {
                throw ScenarioRefusal(discount.at("items"), "Must have at least one item")
            }
            discounts.append(
                Discount(
                    value, periods: try discount.integer("periods", in: Bounds.periods), items: items,
                    name: try discount.text("name")))
        }
        return discounts
    }

    private enum DiscountType: String, CaseIterable {
        case percent
        case amount
    }
}
