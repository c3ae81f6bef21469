extension Price {
    /// The exact amount in minor units, not more than the maximum. The minimum is not part of it: it is due at the end
    /// of a period.
    ///
    /// - Parameter chargesZero: whether a quantity of zero pays the flat amount of the first tier (policy P10).
    /// - Throws: `.overflow`.
    package func amount(for measure: Measure, chargesZero: Bool = true) throws(BillingError) -> Rational {
        let amount = try uncut(measure, chargesZero: chargesZero)
        return maximum.map { min($0, amount) } ?? amount
    }

    private func uncut(_ measure: Measure, chargesZero: Bool) throws(BillingError) -> Rational {
        let quantity = measure.quantity
        switch model {
        case .flat(let amount):
            return amount
        case .perUnit(let unitAmount):
            return try unitAmount.multiplied(by: quantity)
        case .graduated(let tiers, let size):
            guard quantity > .zero || chargesZero else { return .zero }
            var sum = Rational.zero
            for step in try Price.steps(of: tiers, quantity: Price.blocks(quantity, of: size)) {
                sum = try sum.adding(step.tier.unitAmount.multiplied(by: step.quantity)).adding(step.tier.flatAmount)
            }
            return sum
        case .volume(let tiers, let size):
            guard quantity > .zero || chargesZero else { return .zero }
            let units = try Price.blocks(quantity, of: size)
            guard let tier = Price.tier(of: tiers, holding: units) else { return .zero }
            return try tier.unitAmount.multiplied(by: units).adding(tier.flatAmount)
        case .package(let size, let amount, let freeUnits):
            return try amount.multiplied(by: Price.packages(quantity, size: size, freeUnits: freeUnits))
        case .percentage(let rate, let fixedAmount, let freeUnits, let freeAmount):
            let paid = try Price.paidEvents(measure.events, freeUnits: freeUnits, freeAmount: freeAmount)
            let share = try paid.amount.multiplied(by: rate).multiplied(by: Rational(currency.minorUnitsPerMajor))
            return try share.adding(fixedAmount.multiplied(by: Rational(paid.count)))
        }
    }

    /// The tiers that a quantity reaches, with the units in each: above the bound before it, up to and including its own
    /// (policy P11). Zero reaches the first.
    static func steps(
        of tiers: [PriceTier], quantity: Rational
    ) throws(BillingError) -> [(tier: PriceTier, quantity: Rational)] {
        var steps: [(tier: PriceTier, quantity: Rational)] = []
        var below = Rational.zero
        for tier in tiers where steps.isEmpty || quantity > below {
            let upTo = tier.upTo.map { min($0, quantity) } ?? quantity
            steps.append((tier, try upTo.subtracting(below)))
            guard let bound = tier.upTo else { break }
            below = bound
        }
        return steps
    }

    /// The tier of the whole quantity; nil above the last bound.
    static func tier(of tiers: [PriceTier], holding quantity: Rational) -> PriceTier? {
        tiers.first { tier in tier.upTo.map { quantity <= $0 } ?? true }
    }

    /// Started blocks of a size.
    static func blocks(_ quantity: Rational, of size: Rational?) throws(BillingError) -> Rational {
        guard let size else { return quantity }
        return Rational(try quantity.divided(by: size).roundedUp)
    }

    static func packages(
        _ quantity: Rational, size: Rational, freeUnits: Rational
    ) throws(BillingError) -> Rational {
        try blocks(max(.zero, quantity.subtracting(freeUnits)), of: size)
    }

    /// What is left of events after the free ones: the event that passes the free sum pays for the excess.
    static func paidEvents(
        _ events: [Rational], freeUnits: Rational?, freeAmount: Rational?
    ) throws(BillingError) -> (amount: Rational, count: Int) {
        guard freeUnits != nil || freeAmount != nil else {
            var sum = Rational.zero
            for event in events { sum = try sum.adding(event) }
            return (sum, events.count)
        }
        var (sum, amount, count) = (Rational.zero, Rational.zero, 0)
        var isFree = true
        for (index, event) in events.enumerated() {
            if let freeUnits, Rational(index) >= freeUnits { isFree = false }
            guard isFree else {
                amount = try amount.adding(event)
                count += 1
                continue
            }
            sum = try sum.adding(event)
            guard let freeAmount, sum > freeAmount else { continue }
            isFree = false
            amount = try sum.subtracting(freeAmount)
            count += 1
        }
        return (amount, count)
    }
}
