/// How often something is billed: every so many days, weeks, months or years.
package struct BillingCycle: Sendable, Hashable, CustomStringConvertible {
    /// A unit of the calendar.
    package enum Unit: String, Sendable, Hashable, CaseIterable {
        case day
        case week
        case month
        case year

        /// Reads `month` or `months`, in any case.
        ///
        /// - Throws: `.invalidCycleUnit` for anything else. (The original takes any other word as days: a quarter of
        ///   "3 months" lasts three days there.)
        package init(_ text: String) throws(BillingError) {
            // Letters of ASCII only: `lowercased()` alone would take U+212A for the `k` of a week.
            let word = text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : ""
            guard let unit = Unit.allCases.first(where: { word == $0.rawValue || word == $0.rawValue + "s" }) else {
                throw .invalidCycleUnit
            }
            self = unit
        }
    }

    /// How many units, 1...9999.
    package let count: Int
    /// The unit.
    package let unit: Unit

    /// A cycle of that many units. Throws `.invalidCycleDuration` outside 1...9999.
    package init(_ count: Int, _ unit: Unit) throws(BillingError) {
        guard (1...9999).contains(count) else { throw .invalidCycleDuration }
        self.count = count
        self.unit = unit
    }

    /// A cycle from ARC's `duration` and `durationUnit`: 3 and `months`.
    ///
    /// - Throws: `.invalidCycleDuration`, `.invalidCycleUnit`.
    package init(duration: Int, durationUnit: String) throws(BillingError) {
        try self.init(duration, Unit(durationUnit))
    }

    /// Every week.
    package static let weekly = BillingCycle(checked: 1, .week)
    /// Every month.
    package static let monthly = BillingCycle(checked: 1, .month)
    /// Every three months.
    package static let quarterly = BillingCycle(checked: 3, .month)
    /// Every year.
    package static let yearly = BillingCycle(checked: 1, .year)

    private init(checked count: Int, _ unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// The cycle's length in months, nil for days and weeks.
    var months: Int? {
        switch unit {
        case .day, .week: nil
        case .month: count
        case .year: count * 12
        }
    }

    /// The cycle's length in days, nil for months and years.
    var days: Int? {
        switch unit {
        case .day: count
        case .week: count * 7
        case .month, .year: nil
        }
    }

    /// `3 months`.
    package var description: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }
}
