// Discounts are shared out exactly, and rounded once.

extension BillingRun {
    /// Each discount takes its part of what the earlier ones have left.
    mutating func shareDiscounts() throws -> Adjustments {
        guard !scenario.discounts.isEmpty else { return Adjustments() }
        let finder = LineFinder(bucket, of: lines)
        var left = bucket.map { Rational(lines[$0].amount) }
        for index in bucket { lines[index].discountShares = [] }
        var sums: [Rational] = []
        for (number, discount) in scenario.discounts.enumerated() {
            pointer = "/discounts/\(number)"
            let shares = try shares(of: discount, number: number, left: left, finder: finder)
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

    private func shares(
        of discount: Discount, number: Int, left: [Rational], finder: LineFinder
    ) throws -> [Rational] {
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
            let charges = bucket.indices.filter { isEligible[$0] && lines[bucket[$0]].kind == .prorationCharge }
            // An item that a later change adds must not be seen before its day.
            let itemCount = discount.items?.count ?? items.count { !$0.isDormant }
            try share(amount, overCharges: charges, left: left, to: &shares) { line in
                itemCount > 1 ? replacedShare(by: line, number: number, finder: finder) : nil
            }
        }
        // A credit takes back the discount of what it credits.
        for place in bucket.indices where lines[bucket[place]].kind == .prorationCredit {
            shares[place] = try shareOfCredit(lines[bucket[place]], discount, number, in: shares, finder).negated
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
    ///
    /// - Parameter replaced: the discount for a whole period of the line in whose place a charge comes.
    private func share(
        _ amount: Rational, overCharges charges: [Int], left: [Rational], to shares: inout [Rational],
        replaced: (WorkLine) -> Rational?
    ) throws {
        var sums: [Int: Rational] = [:]
        for place in charges {
            let from = lines[bucket[place]].from
            sums[from] = try sums[from, default: .zero].addingBounded(left[place])
        }
        for place in charges {
            let line = lines[bucket[place]]
            let part: Rational
            if let replaced = replaced(line) {
                part = try replaced.multipliedBounded(by: line.fraction)
            } else {
                guard let sum = sums[line.from], sum > .zero else { continue }
                part = try amount.multipliedBounded(by: line.fraction)
                    .multipliedBounded(by: left[place].dividedBounded(by: sum))
            }
            shares[place] = min(part, left[place])
        }
    }

    /// The discount for a whole period of the line that the credit beside a charge takes back; nil if no credit stands
    /// beside it.
    private func replacedShare(by line: WorkLine, number: Int, finder: LineFinder) -> Rational? {
        guard let credit = finder.credit(beside: line), let source = lines[credit].source,
            lines[source].discountShares.indices.contains(number), lines[source].fraction > .zero,
            lines[source].discountShares[number] > .zero
        else { return nil }
        return try? lines[source].discountShares[number].dividedBounded(by: lines[source].fraction)
    }

    /// What a credit takes back of one discount: the credited part of what its line has had.
    private func shareOfCredit(
        _ line: WorkLine, _ discount: Discount, _ number: Int, in shares: [Rational], _ finder: LineFinder
    ) throws -> Rational {
        guard let source = line.source else { return .zero }
        var share = Rational.zero
        if let place = finder.places[source] {
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
}

/// Finds lines of an invoice without a search for each of them: there may be thousands.
private struct LineFinder {
    private struct Key: Hashable {
        let item: Int?
        let from: Int
    }

    /// The place in the invoice of each line.
    private(set) var places: [Int: Int] = [:]
    private var credits: [Key: Int] = [:]

    init(_ bucket: [Int], of lines: [WorkLine]) {
        for (place, index) in bucket.enumerated() {
            places[index] = place
            guard lines[index].kind == .prorationCredit else { continue }
            let key = Key(item: lines[index].item, from: lines[index].from)
            if credits[key] == nil { credits[key] = index }
        }
    }

    /// The first credit of the line's item on its day.
    func credit(beside line: WorkLine) -> Int? { credits[Key(item: line.item, from: line.from)] }
}

extension WorkLine {
    /// Whether a change has made it.
    var isProration: Bool { kind == .prorationCharge || kind == .prorationCredit }
}
