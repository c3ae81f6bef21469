// Pauses and cancellations.

extension BillingRun {
    mutating func pause(_ change: ScenarioChange, at now: Int) throws {
        guard !isPaused else { throw ScenarioRefusal("\(change.pointer)/type", "The subscription is paused already") }
        pauses.append((now, nil))
        guard change.policy == .prorateNow else { return }
        for index in items.indices {
            guard let segment = items[index].segment, let span = items[index].span else { continue }
            pointer = items[index].item.pointer
            if items[index].isMetered {
                // Its tiers go on after the pause.
                flushPending(of: index)
                if segment.from < now { try addUsage(of: index, segment, to: now, isInterim: true) }
            } else {
                try cut(item: index, at: now)
                items[index].span = span
            }
        }
    }

    mutating func resume(_ change: ScenarioChange, at now: Int) throws {
        guard isPaused else { throw ScenarioRefusal("\(change.pointer)/type", "The subscription is not paused") }
        pauses[pauses.count - 1].to = now
        for index in items.indices where items[index].span != nil && items[index].segment == nil {
            guard change.policy == .prorateNow else { continue }
            pointer = items[index].item.pointer
            try openSegment(of: index, from: now, kind: .prorationCharge)
        }
    }

    mutating func cancel(policy: ChangePolicy, at now: Int) throws {
        let end = scenario.policies.cancelDay == .inclusive ? try nextDay(now) : now
        switch policy {
        case .prorateNow, .none: try cancelNow(creditsRest: policy == .prorateNow, at: now, end: end)
        default: try cancelAtPeriodEnd(at: now, end: end)
        }
    }

    private mutating func cancelAtPeriodEnd(at now: Int, end: Int) throws {
        if now < firstPaid {
            cancelEnd = firstPaid
        } else if let span, span.to >= end {
            cancelEnd = span.to
        } else if span == nil, end == now {
            cancelEnd = now
        } else {
            let day = span?.to ?? now
            cancelEnd = try boundaries.boundary(1, after: day)
        }
        if let end = serviceEnd { shorten(to: end) }
    }

    private mutating func cancelNow(creditsRest: Bool, at now: Int, end: Int) throws {
        for index in items.indices {
            guard let segment = items[index].segment, let span = items[index].span else { continue }
            pointer = items[index].item.pointer
            let last = min(end, span.to)
            if !creditsRest, !items[index].isMetered {
                flushPending(of: index)
                // In advance the whole period is paid; in arrears it is billed at the old price.
                if items[index].isInArrears { try billEnd(of: index, segment, at: segment.to) }
            } else {
                try cut(item: index, at: last)
            }
            (items[index].segment, items[index].span) = (nil, nil)
            items[index].isDone = true
        }
        cancelEnd = end
        if let span {
            try addMinimumOfAll(span, to: min(end, span.to))
            if span.to > end { endSubscriptionPeriod(at: end) } else { self.span = nil }
        }
        for index in items.indices where items[index].span != nil {
            flushPending(of: index)
            items[index].isDone = true
            items[index].span = nil
        }
    }
}
