// Discounts are shared out exactly, and rounded once.

/// The lines that explain a sum of an invoice, and the sum in minor units.
struct Adjustments {
    var lines: [InvoiceLine] = []
    var total: Int64 = 0
    /// The part of a tax that is not within the amounts.
    var added: Int64 = 0
}

extension BillingRun {
    /// Each discount takes its part of what the earlier ones have left.
    mutating func shareDiscounts() throws -> Adjustments {
        guard !scenario.discounts.isEmpty else { return Adjustments() }
        var left = bucket.map { Rational(lines[$0].amount) }
        for index in bucket { lines[index].discountShares = [] }
        var sums: [Rational] = []
        for (number, discount) in scenario.discounts.enumerated() {
            pointer = "/discounts/\(number)"
            let shares = try shares(of: discount, number: number, left: left)
            var sum = Rational.zero
            for (place, share) in shares.enumerated() {
                lines[bucket[place]].discountShares.append(share)
                left[place] = try left[place].addingBounded(share.negated)
                sum = try sum.addingBounded(share)
            }
            sums.append(sum)
        }
        for index in bucket {
            var sum = Rational.zero
            for share in lines[index].discountShares { sum = try sum.addingBounded(share) }
            lines[index].discountShare = sum
        }
        return try discountLines(sums)
    }

    private func shares(of discount: Discount, number: Int, left: [Rational]) throws -> [Rational] {
        var shares = [Rational](repeating: .zero, count: bucket.count)
        let isEligible = bucket.map { takes(discount, lines[$0]) }
        switch discount.value {
        case .fraction(let fraction):
            for place in bucket.indices where isEligible[place] && lines[bucket[place]].kind != .prorationCredit {
                shares[place] = try left[place].multipliedBounded(by: fraction)
            }
        case .amount(let amount):
            let regular = bucket.indices.filter { isEligible[$0] && !lines[bucket[$0]].isProration }
            try share(amount, over: regular, left: left, to: &shares)
            try shareOverCharges(amount, of: discount, number: number, isEligible: isEligible, left: left, to: &shares)
        }
        // A credit takes back the discount of what it credits.
        for place in bucket.indices where lines[bucket[place]].kind == .prorationCredit {
            shares[place] = try sharesOfCredit(lines[bucket[place]], discount, number, in: shares).negated
        }
        return shares
    }

    private func takes(_ discount: Discount, _ line: WorkLine) -> Bool {
        if let periods = discount.periods, line.periodNumber > periods { return false }
        guard let items = discount.items else { return true }
        return line.item.map(items.contains) ?? false
    }

    private func share(
        _ amount: Rational, over places: [Int], left: [Rational], to shares: inout [Rational]
    ) throws {
        var sum = Rational.zero
        for place in places { sum = try sum.addingBounded(left[place]) }
        guard sum > .zero else { return }
        let part = try min(amount, sum).dividedBounded(by: sum)
        for place in places { shares[place] = try left[place].multipliedBounded(by: part) }
    }

    /// A charge for a part of a period has that part of the amount: what the line in whose place it comes has had, or the
    /// part of the whole.
    private func shareOverCharges(
        _ amount: Rational, of discount: Discount, number: Int, isEligible: [Bool], left: [Rational],
        to shares: inout [Rational]
    ) throws {
        let charges = bucket.indices.filter { isEligible[$0] && lines[bucket[$0]].kind == .prorationCharge }
        let items = discount.items?.count ?? scenario.items.count
        for place in charges {
            let line = lines[bucket[place]]
            let part: Rational
            if items > 1, let replaced = replacedShare(by: line, number: number) {
                part = try replaced.multipliedBounded(by: line.fraction)
            } else {
                let beside = charges.filter { lines[bucket[$0]].from == line.from }
                var sum = Rational.zero
                for other in beside { sum = try sum.addingBounded(left[other]) }
                guard sum > .zero else { continue }
                part = try amount.multipliedBounded(by: line.fraction)
                    .multipliedBounded(by: left[place].dividedBounded(by: sum))
            }
            shares[place] = min(part, left[place])
        }
    }

    /// The discount for a whole period of the line that the credit beside a charge takes back; nil if there is none.
    private func replacedShare(by line: WorkLine, number: Int) -> Rational? {
        let credit = bucket.first { index in
            let other = lines[index]
            return other.kind == .prorationCredit && other.item == line.item && other.from == line.from
        }
        guard let credit, let source = lines[credit].source, lines[source].discountShares.indices.contains(number),
            lines[source].fraction > .zero, lines[source].discountShares[number] > .zero
        else { return nil }
        return try? lines[source].discountShares[number].dividedBounded(by: lines[source].fraction)
    }

    /// What a credit takes back of one discount: the credited part of what its line has had.
    private func sharesOfCredit(
        _ line: WorkLine, _ discount: Discount, _ number: Int, in shares: [Rational]
    ) throws -> Rational {
        guard let source = line.source else { return .zero }
        var share = Rational.zero
        if let place = bucket.firstIndex(of: source) {
            share = shares[place]
        } else if lines[source].discountShares.indices.contains(number) {
            share = lines[source].discountShares[number]
        }
        guard share != .zero, lines[source].amount != 0 else { return .zero }
        switch discount.value {
        case .fraction:
            let part = try Rational(Int128(line.amount.magnitude), Int128(lines[source].amount.magnitude))
            return try share.multipliedBounded(by: part)
        case .amount:
            guard lines[source].fraction > .zero else { return .zero }
            return try share.multipliedBounded(by: line.fraction.dividedBounded(by: lines[source].fraction))
        }
    }

    /// One line for each discount; they add up to the rounded sum, the residue on the largest.
    private func discountLines(_ sums: [Rational]) throws -> Adjustments {
        let (parts, total) = try apportion(sums)
        var adjustments = Adjustments(total: total)
        for (number, discount) in scenario.discounts.enumerated() where sums[number] != .zero {
            let text =
                switch discount.value {
                case .fraction(let fraction): "\(try fraction.multiplied(by: Rational(100)).decimalText())%"
                case .amount(let amount): currency.majorText(amount)
                }
            var inputs = [InvoiceLineDetails.Input(name: "value", value: text)]
            if let periods = discount.periods { inputs.append(.init(name: "periods", value: "\(periods)")) }
            inputs.append(.init(name: "exact", value: currency.majorText(sums[number], places: 9)))
            adjustments.lines.append(
                try adjustment(
                    .discount, discount.name ?? "Discount \(text)", amount: -parts[number], exact: sums[number].negated,
                    rule: "shared over the lines of its items in proportion", formula: "−\(text)", inputs: inputs))
        }
        return adjustments
    }

    /// Exact sums rounded so that they add up to their rounded sum.
    func apportion(_ sums: [Rational]) throws -> (parts: [Int64], total: Int64) {
        var exact = Rational.zero
        for sum in sums { exact = try exact.addingBounded(sum) }
        let total = try rounded(exact)
        var parts = try sums.map { try rounded($0) }
        let residue = total - parts.reduce(0, +)
        if residue != 0, let largest = Self.largest(of: sums) { parts[largest] += residue }
        return (parts, total)
    }

    /// The place of the number that is farthest from zero: by its exact value, because rounded ones may all be zero.
    static func largest(of sums: [Rational]) -> Int? {
        sums.indices.max { abs(sums[$0]) < abs(sums[$1]) }
    }

    private static func abs(_ number: Rational) -> Rational { number < .zero ? number.negated : number }

    func adjustment(
        _ kind: InvoiceLineDetails.Kind, _ description: String, amount: Int64, exact: Rational, rule: String,
        formula: String, inputs: [InvoiceLineDetails.Input]
    ) throws -> InvoiceLine {
        let money = Money(minorUnits: amount, currency: currency)
        let difference = try Rational(amount).addingBounded(exact.negated)
        return InvoiceLine(
            description: description, price: money, period: nil, whole: nil, exact: exact, amount: money,
            details: .init(
                kind: kind, item: nil, from: nil, to: nil, quantity: nil, discountShare: .zero, taxShare: .zero,
                explanation: .init(rule: rule, formula: formula, inputs: inputs, rounding: rounding(difference))))
    }
}

extension WorkLine {
    /// Whether a change has made it.
    var isProration: Bool { kind == .prorationCharge || kind == .prorationCredit }
}
