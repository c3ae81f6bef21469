/// A step of a price that depends on the quantity.
package struct PriceTier: Sendable, Hashable {
    /// The last quantity that it holds; nil for the last tier.
    package var upTo: Rational?
    /// For each unit, in minor units; a percentage of the quantity as an amount is a part of it.
    package var unitAmount: Rational
    /// Once the tier is reached, in minor units.
    package var flatAmount: Rational

    package init(upTo: Rational?, unitAmount: Rational, flatAmount: Rational) {
        self.upTo = upTo
        self.unitAmount = unitAmount
        self.flatAmount = flatAmount
    }
}

/// What a quantity costs in one whole period. All amounts are exact numbers of minor units, none negative.
package struct Price: Sendable, Hashable {
    /// How the quantity makes the amount.
    package enum Model: Sendable, Hashable {
        /// The same whatever the quantity.
        case flat(amount: Rational)
        case perUnit(unitAmount: Rational)
        /// Each unit at the price of its tier. With a size, units are started blocks of that many.
        case graduated(tiers: [PriceTier], size: Rational?)
        /// All units at the price of the tier that holds the quantity.
        case volume(tiers: [PriceTier], size: Rational?)
        /// Started packages of the units that are not free.
        case package(size: Rational, amount: Rational, freeUnits: Rational)
        /// Each event is an amount, of which `rate` (a fraction) is due, and `fixedAmount` for the event. So many events,
        /// up to a sum, are free; nil for no such limit, and none are free if neither is given.
        case percentage(rate: Rational, fixedAmount: Rational, freeUnits: Rational?, freeAmount: Rational?)
    }

    /// How the quantity makes the amount.
    package var model: Model
    /// The least that a period costs.
    package var minimum: Rational?
    /// The most that a period costs.
    package var maximum: Rational?
    /// The currency of the amounts.
    package let currency: Currency

    /// Whether nothing is due, whatever the quantity.
    package var isFree: Bool {
        guard case .perUnit(let amount) = model else { return false }
        return amount == .zero && (minimum ?? .zero) == .zero
    }

    package init(_ model: Model, in currency: Currency, minimum: Rational? = nil, maximum: Rational? = nil) {
        self.model = model
        self.currency = currency
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// What a price is applied to.
package struct Measure: Sendable, Hashable {
    /// The number of units.
    package var quantity: Rational
    /// The events that they come from; one of the whole quantity without usage.
    package var events: [Rational]

    /// A quantity that is not measured.
    package init(quantity: Rational) {
        self.quantity = quantity
        events = [quantity]
    }

    /// Usage.
    package init(quantity: Rational, events: [Rational]) {
        self.quantity = quantity
        self.events = events
    }
}
