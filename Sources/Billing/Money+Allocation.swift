extension Money {
    /// Splits the amount in proportion to the weights, so that the parts add up to it exactly.
    ///
    /// Each part is rounded to the nearest, a half away from zero; what the rounding left over (or took too much) goes
    /// to the part with the largest weight, the first of equals. Where that part would thereby change its sign, it
    /// becomes zero and the next largest takes the rest.
    ///
    /// - Parameter weights: days, quantities or minor units; none negative, at least one positive.
    /// - Throws: `.invalidShares`, `.overflow`.
    package func allocate(by weights: [Int64]) throws(BillingError) -> [Money] {
        guard weights.allSatisfy({ $0 >= 0 }), weights.contains(where: { $0 > 0 }) else { throw .invalidShares }
        let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
        var parts: [Int64] = []
        for weight in weights { parts.append(try multiplied(by: Rational(Int128(weight), total)).minorUnits) }
        var residue = Int128(minorUnits) - parts.reduce(Int128(0)) { $0 + Int128($1) }
        let largestFirst = weights.indices.sorted { left, right in
            weights[left] == weights[right] ? left < right : weights[left] > weights[right]
        }
        for index in largestFirst where residue != 0 {
            var part = Int128(parts[index]) + residue
            if part.signum() * Int128(minorUnits.signum()) < 0 { part = 0 }
            residue -= part - Int128(parts[index])
            guard let units = Int64(exactly: part) else { throw .overflow }
            parts[index] = units
        }
        return parts.map { Money(minorUnits: $0, currency: currency) }
    }

    /// Splits the price of a whole period at dates within it; the parts add up to the price exactly.
    ///
    /// - Parameter dates: in ascending order, each after the start and before the end of the period.
    /// - Throws: `.outsidePeriod` for other dates, `.overflow`.
    package func split(
        over period: BillingPeriod, at dates: [CalendarDate]
    ) throws(BillingError) -> [(period: BillingPeriod, amount: Money)] {
        var parts: [BillingPeriod] = []
        var start = period.start
        for end in dates + [period.end] {
            guard start < end, end <= period.end else { throw .outsidePeriod }
            parts.append(try BillingPeriod(start: start, end: end))
            start = end
        }
        let amounts = try allocate(by: parts.map { Int64($0.days) })
        return zip(parts, amounts).map { (period: $0, amount: $1) }
    }
}
