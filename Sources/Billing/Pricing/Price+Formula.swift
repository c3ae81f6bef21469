extension Price {
    /// How the amount comes about, in major units: `5 × 2.00 + 8 × 1.00`, `min(100.00, 120.00)`.
    package func formula(for measure: Measure, chargesZero: Bool = true) throws(BillingError) -> String {
        let text = try uncutFormula(measure, chargesZero: chargesZero)
        guard let maximum, try amount(for: measure, chargesZero: chargesZero) == maximum else { return text }
        return "min(\(currency.majorText(maximum)), \(text))"
    }

    private func uncutFormula(_ measure: Measure, chargesZero: Bool) throws(BillingError) -> String {
        let quantity = measure.quantity
        func money(_ amount: Rational) -> String { currency.majorText(amount) }
        func step(_ tier: PriceTier, _ units: Rational) -> String {
            let each = "\(units.decimalText()) × \(money(tier.unitAmount))"
            guard tier.flatAmount != .zero else { return each }
            return tier.unitAmount == .zero ? money(tier.flatAmount) : "\(each) + \(money(tier.flatAmount))"
        }
        switch model {
        case .flat(let amount):
            return money(amount)
        case .perUnit(let unitAmount):
            return "\(money(unitAmount)) × \(quantity.decimalText())"
        case .graduated(let tiers, let size):
            guard quantity > .zero || chargesZero else { return "0" }
            let steps = try Price.steps(of: tiers, quantity: Price.blocks(quantity, of: size))
            return steps.map { step($0.tier, $0.quantity) }.joined(separator: " + ")
        case .volume(let tiers, let size):
            guard quantity > .zero || chargesZero else { return "0" }
            let units = try Price.blocks(quantity, of: size)
            return Price.tier(of: tiers, holding: units).map { step($0, units) } ?? "0"
        case .package(let size, let amount, let freeUnits):
            let count = try Price.packages(quantity, size: size, freeUnits: freeUnits)
            return "\(count.decimalText()) × \(money(amount))"
        case .percentage(let rate, let fixedAmount, let freeUnits, let freeAmount):
            let paid = try Price.paidEvents(measure.events, freeUnits: freeUnits, freeAmount: freeAmount)
            let share = "\(paid.amount.decimalText()) × \(try rate.multiplied(by: Rational(100)).decimalText())%"
            return fixedAmount == .zero ? share : "\(share) + \(paid.count) × \(money(fixedAmount))"
        }
    }

    /// The members that the formula is computed from, in major units.
    package var inputs: [(name: String, value: String)] {
        func money(_ amount: Rational) -> String { currency.majorText(amount) }
        switch model {
        case .flat(let amount):
            return [("amount", money(amount))]
        case .perUnit(let unitAmount):
            return [("unitAmount", money(unitAmount))]
        case .graduated(_, let size), .volume(_, let size):
            return size.map { [("size", $0.decimalText())] } ?? []
        case .package(let size, let amount, let freeUnits):
            return [("amount", money(amount)), ("size", size.decimalText()), ("freeUnits", freeUnits.decimalText())]
        case .percentage(let rate, let fixedAmount, let freeUnits, let freeAmount):
            var inputs = [("rate", "\((try? rate.multiplied(by: Rational(100)))?.decimalText() ?? "")%")]
            inputs.append(("fixedAmount", money(fixedAmount)))
            if let freeUnits { inputs.append(("freeUnits", freeUnits.decimalText())) }
            if let freeAmount { inputs.append(("freeAmount", freeAmount.decimalText())) }
            return inputs.map { (name: $0.0, value: $0.1) }
        }
    }
}

extension Currency {
    /// An exact number of minor units as a decimal in major units, to twelve places: `8.50`, `0.0004`.
    package func majorText(_ minorUnits: Rational, places: Int = 12) -> String {
        if minorUnits.denominator == 1, let units = Int64(exactly: minorUnits.numerator) {
            return Money(minorUnits: units, currency: self).decimalText
        }
        guard let major = try? minorUnits.divided(by: Rational(minorUnitsPerMajor)) else { return "" }
        return major.decimalText(places: places, minimumPlaces: exponent)
    }
}
