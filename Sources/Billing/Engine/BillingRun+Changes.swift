// What happens to a subscription. The day of a change belongs to what comes after it.

extension BillingRun {
    mutating func make(_ change: ScenarioChange, at now: Int) throws {
        if case .creditNote = change.kind { return try addCreditNote(change) }
        if let end = serviceEnd, now >= end {
            guard !scenario.ignoresChangesAfterEnd else { return }
            throw ScenarioRefusal("\(change.pointer)/at", "The subscription has already ended")
        }
        switch change.kind {
        case .change(let item, let price, let quantity, let cycle, let trial, let metered):
            let update = ItemRun.Update(price: price, quantity: quantity, cycle: cycle)
            if now < firstPaid, items[item].item.isAdded {
                try apply(update, to: item)
            } else if now < firstPaid {
                try updateDuringTrial(update, trial: trial, of: item, at: now)
            } else {
                try make(update, to: item, policy: change.policy, at: now)
            }
            for part in metered { try make(part, policy: change.policy, at: now) }
        case .quantity(let item, let quantity):
            let update = ItemRun.Update(price: nil, quantity: quantity, cycle: nil)
            if now < firstPaid { return try apply(update, to: item) }
            try make(update, to: item, policy: change.policy, at: now)
        case .pause:
            try pause(change, at: now)
        case .resume:
            try resume(change, at: now)
        case .anchor(let rule):
            try moveAnchor(rule, policy: change.policy, at: now)
        case .cancel:
            try cancel(policy: change.policy, at: now)
        case .addItem(let item):
            try addItem(item)
        case .removeItem(let item):
            try removeItem(item, policy: change.policy, at: now)
        case .creditNote:
            break
        }
    }

    /// The item begins with the periods of this position.
    private mutating func addItem(_ index: Int) throws {
        items[index].isDormant = false
        guard items[index].item.followsSubscription else { return }
        items[index].cycle = cycle
        items[index].boundaries = boundaries
    }

    private var notThere: ScenarioRefusal { ScenarioRefusal("\(pointer)/item", "The item is not there on that day") }

    private mutating func removeItem(_ index: Int, policy: ChangePolicy, at now: Int) throws {
        guard !items[index].isDormant, !items[index].isDone, !items[index].isRemoved else { throw notThere }
        items[index].isRemoved = true
        if policy == .atPeriodEnd, items[index].span != nil {
            items[index].endsWithPeriod = true
            return
        }
        if policy == .prorateNow {
            try cut(item: index, at: now)
        } else {
            flushPending(of: index)
            // In advance the whole period is paid; in arrears what was served is billed.
            if let segment = items[index].segment, items[index].isInArrears {
                try billEnd(of: index, segment, at: now)
            }
        }
        (items[index].segment, items[index].span) = (nil, nil)
        items[index].isDone = true
    }

    /// A change during a trial takes effect at once, without lines, and the trial counts from the first start, anew, or
    /// is over (policy P9).
    private mutating func updateDuringTrial(
        _ update: ItemRun.Update, trial: Trial?, of index: Int, at now: Int
    ) throws {
        try apply(update, to: index)
        // Usage is billed during a trial, too: at the new price.
        if let price = update.price { items[index].segment?.price = price }
        let chosen = trial ?? scenario.trial ?? .days(0)
        switch scenario.policies.trialOnChange {
        case .fromFirstStart: firstPaid = max(now, try end(of: chosen, from: scenario.start))
        case .restart: firstPaid = max(now, try end(of: chosen, from: now))
        case .end: firstPaid = now
        }
        try setAnchor(scenario.anchor, from: firstPaid)
    }

    /// What was used so far has the old price, unless the change waits for the next period.
    private mutating func make(
        _ part: ScenarioChange.Kind.MeteredPrice, policy: ChangePolicy, at now: Int
    ) throws {
        let update = ItemRun.Update(price: part.price, quantity: nil, cycle: nil)
        // One that begins on this day, in the middle of a period, waits for the next one like those that are there.
        let begins = span != nil && items[part.item].start == now && (policy == .atPeriodEnd || policy == .none)
        guard items[part.item].span != nil || begins else { return try apply(update, to: part.item) }
        switch policy {
        case .atPeriodEnd, .none: items[part.item].scheduled.append(update)
        case .prorateNow, .creditAtRenewal, .fullPriceNewPeriod, .extendTime:
            try replaceSegment(of: part.item, by: update, at: now, isPending: policy == .creditAtRenewal)
        }
    }

    private mutating func make(
        _ update: ItemRun.Update, to index: Int, policy: ChangePolicy, at now: Int
    ) throws {
        // Once the trial is over, a new trial alone changes nothing.
        guard update.price != nil || update.quantity != nil || update.cycle != nil else { return }
        guard !items[index].isRemoved || !items[index].isDone else { throw notThere }
        guard items[index].span != nil else {
            // Before the period that begins now, or before the item's own start.
            try apply(update, to: index)
            if policy == .fullPriceNewPeriod || policy == .extendTime, now >= items[index].start {
                try restartPeriod(of: index, at: now)
            }
            return
        }
        // Paused: nothing is paid, so there is nothing to credit.
        let isPaused = items[index].segment == nil
        switch isPaused && policy != .atPeriodEnd ? .none : policy {
        case .atPeriodEnd:
            items[index].scheduled.append(update)
        case .none:
            items[index].scheduled.append(update.cycleAlone)
            try apply(update.withoutCycle, to: index)
        case .prorateNow:
            flushPending(of: index)
            try replaceSegment(of: index, by: update, at: now, isPending: false)
        case .creditAtRenewal:
            try replaceSegment(of: index, by: update, at: now, isPending: true)
        case .fullPriceNewPeriod:
            try beginAnew(item: index, by: update, at: now)
        case .extendTime:
            try extend(item: index, by: update, at: now)
        }
    }

    /// Ends what an item is billed at one price, and bills the rest of its period at another: lines of now, or of the next
    /// period's invoice.
    private mutating func replaceSegment(
        of index: Int, by update: ItemRun.Update, at now: Int, isPending: Bool
    ) throws {
        guard let segment = items[index].segment else { return }
        if items[index].isInArrears {
            try billEnd(of: index, segment, at: now, isPending: isPending)
        } else {
            try addCredit(of: index, from: now, isPending: isPending)
            try addMinimum(of: index, segment, to: now, isPending: isPending)
        }
        try apply(update, to: index)
        if update.cycle != nil { try beginRestOfPeriod(of: index, at: now) }
        try openSegment(of: index, from: now, kind: .prorationCharge, isPending: isPending)
    }

    /// After a new interval comes the rest of its period around the day.
    private mutating func beginRestOfPeriod(of index: Int, at now: Int) throws {
        var span = try makeSpan(of: items[index].boundaries, at: now, isFirst: false)
        for limit in [serviceEnd, items[index].item.end] { span.to = min(span.to, limit ?? span.to) }
        items[index].span = span
        try endSubscriptionPeriod(of: index, at: now)
        guard isSubscription(index) else { return }
        beginSubscriptionPeriod(span)
    }

    /// Ends what an item is billed now, so that its next period begins now.
    mutating func beginAnew(item index: Int, by update: ItemRun.Update, at now: Int) throws {
        try cut(item: index, at: now)
        try apply(update, to: index)
        try restartPeriod(of: index, at: now)
    }

    /// The next period begins now, and the anchor moves here.
    mutating func restartPeriod(of index: Int, at now: Int) throws {
        try endSubscriptionPeriod(of: index, at: now)
        try setAnchor(.start, from: now)
    }

    /// With one price, its period is that of the subscription.
    private mutating func endSubscriptionPeriod(of index: Int, at now: Int) throws {
        guard isSubscription(index), let span else { return }
        // Usage is billed by the periods of the subscription.
        for other in items.indices where other != index && items[other].isMetered && items[other].span != nil {
            try cut(item: other, at: now)
        }
        try addMinimumOfAll(span, to: now)
        endSubscriptionPeriod(at: now)
    }

    /// Whether the periods of an item are those of the subscription: it has one price, and others were only added to it.
    func isSubscription(_ index: Int) -> Bool { !scenario.hasSeveralItems && index == 0 }

    mutating func endSubscriptionPeriod(at now: Int) {
        guard span != nil else { return }
        span = nil
        if !periods.isEmpty { periods[periods.count - 1].to = now }
    }

    /// Ends an item's period now: the rest is credited, or what was used is billed.
    mutating func cut(item index: Int, at now: Int) throws {
        flushPending(of: index)
        if let segment = items[index].segment {
            if items[index].isInArrears {
                try billEnd(of: index, segment, at: now)
            } else {
                try addCredit(of: index, from: now)
                try addMinimum(of: index, segment, to: now)
            }
        }
        items[index].segment = nil
        items[index].span = nil
    }

    private mutating func moveAnchor(_ rule: AnchorRule, policy: ChangePolicy, at now: Int) throws {
        guard now >= firstPaid else { return try setAnchor(rule, from: firstPaid) }
        guard policy == .prorateNow else {
            // The current period goes on to its end; a short one leads from there to the new anchor.
            return try setAnchor(rule, from: span?.to ?? now)
        }
        for index in items.indices where items[index].span != nil { try cut(item: index, at: now) }
        if let span { try addMinimumOfAll(span, to: now) }
        endSubscriptionPeriod(at: now)
        try setAnchor(rule, from: now)
    }
}
