// Usage is billed after it has happened, in one step or in several that come to the same.

extension BillingRun {
    /// Bills usage before interim days on them.
    mutating func billInterimUsage(at now: Int) throws {
        for index in items.indices {
            while items[index].nextInterim < items[index].item.interim.count,
                items[index].item.interim[items[index].nextInterim] <= now
            {
                items[index].nextInterim += 1
                guard let segment = items[index].segment, segment.from < now else { continue }
                pointer = items[index].item.pointer
                try addUsage(of: index, segment, to: now, isInterim: true)
            }
        }
    }

    /// The usage of a segment up to a position, less what earlier steps have billed.
    mutating func addUsage(
        of index: Int, _ segment: Segment, to end: Int, isInterim: Bool = false, isPending: Bool = false
    ) throws {
        let run = items[index]
        items[index].measuredTo = end
        // A price that does not apply yet, or no longer.
        guard !segment.price.isFree || scenario.hasSeveralItems || index == 0 else { return }
        // A time without service has no usage, not even none.
        let served = try length(segment.span, from: segment.from, to: end)
        guard try served > pausedLength(segment.span, from: segment.from, to: end) || served == 0 else { return }
        let measure = try measure(of: run.item, from: segment.from, to: end)
        let total = try segment.price.amount(for: measure, chargesZero: chargesZero)
        let (amount, overflow) = try rounded(total).subtractingReportingOverflow(segment.billed)
        guard !overflow else { throw BillingError.overflow }
        let step = try measure.quantity.subtracting(segment.billedQuantity)
        guard !isInterim || amount != 0 || step != .zero else { return }
        let isFirst = segment.billedUpTo == segment.from
        let formula = try segment.price.formula(for: measure, chargesZero: chargesZero)
        let before = currency.majorText(Rational(segment.billed))
        var line = WorkLine(
            kind: .usage, item: index, span: segment.span, from: segment.billedUpTo, to: end, quantity: step,
            price: total, exact: try total.subtracting(Rational(segment.billed)), amount: amount,
            rule: isFirst ? "usage of a period" : "usage of a period, less what was billed before",
            formula: isFirst ? formula : "\(formula) − \(before)")
        line.isStep = true
        line.inputs = segment.price.inputs.map { .init(name: $0.name, value: $0.value) }
        line.inputs.append(.init(name: "usage", value: measure.quantity.decimalText()))
        line.inputs.append(.init(name: "aggregation", value: run.item.aggregation.rawValue))
        if !isFirst { line.inputs.append(.init(name: "billedBefore", value: before)) }
        try add(line, isPending: isPending)
        items[index].segment?.billed = segment.billed + amount
        items[index].segment?.billedQuantity = measure.quantity
        items[index].segment?.billedUpTo = end
    }

    private func measure(of item: ScenarioItem, from: Int, to: Int) throws -> Measure {
        let usage = item.usage ?? []
        var (low, high) = (0, usage.count)
        while low < high {
            let middle = (low + high) / 2
            if usage[middle].position < from { low = middle + 1 } else { high = middle }
        }
        var measure = Measure(quantity: .zero, events: [])
        while low < usage.count, usage[low].position < to {
            defer { low += 1 }
            let (position, quantity) = (usage[low].position, usage[low].quantity)
            guard !pauses.contains(where: { $0.from <= position && position < $0.to ?? .max }) else { continue }
            measure.events.append(quantity)
            switch item.aggregation {
            case .sum: measure.quantity = try measure.quantity.adding(quantity)
            case .max: measure.quantity = max(measure.quantity, quantity)
            }
        }
        if item.aggregation == .max, !measure.events.isEmpty { measure.events = [measure.quantity] }
        return measure
    }
}
