import Billing
import BillingPreview
import JSONCoding
import Primitives

/// What a day makes of a subscription that the engine bills: the invoices that are due and were not issued, and what its rows say
/// from then on. Pure, so that a preview and the write that follows it come to the same.
struct SubscriptionStanding: Sendable {
    /// The subscription as its rows have it.
    struct Rows: Sendable, Hashable {
        var status: TenantSubscription.Status
        var plan: Identifier
        var startDate: String
        /// Whether it has the invoice of its first period.
        var hasInvoice = false
        /// Whether it takes a place of its tenant's quota.
        var isLive = false
    }

    /// Invoices to issue, in the order of their ordinals.
    let invoices: [SubscriptionBilling.NumberedInvoice]
    /// Credit notes to issue, behind the invoices.
    let notes: [SubscriptionBilling.NumberedNote]
    let status: TenantSubscription.Status
    /// The plan of the day.
    let plan: Identifier
    /// Everything that happens, as it is now.
    private let entries: [SubscriptionBilling.Entry]
    /// The plan before what happens now.
    private let formerPlan: Identifier
    /// The first day without service if it is known, else the first day after the current period.
    let endDate: CalendarDate
    /// Whether another period follows.
    let renews: Bool
    /// Entries whose state or day is another one now.
    let changed: [SubscriptionBilling.Entry]
    /// When something is due next, if ever.
    let nextDue: Timestamp?
    let progress: BillingProgress

    /// - Parameters:
    ///   - day: Today, as the calendar of the subscriber has it.
    /// - Throws: why it cannot be billed.
    init(
        of billing: SubscriptionBilling, _ rows: Rows, on day: CalendarDate, in zone: ZoneRules,
        by reader: ScenarioReader
    ) throws(ScenarioRefusal) {
        progress = try billing.progress(through: day, by: reader)
        let dated = try Self.dated(billing, progress, on: day, by: reader)
        var entries = dated
        let isBilled = rows.status == .active || rows.status == .inactive
        let isOver = progress.end.map { $0 <= day } ?? false
        Self.settle(&entries, of: billing, on: day, isOver: isBilled && isOver)
        changed = zip(billing.entries, entries).filter { old, new in
            old.state != new.state || old.effectiveOn != new.effectiveOn
        }.map(\.1)
        let applied = entries.filter { $0.state == .applied }
        self.entries = entries
        formerPlan = rows.plan
        plan = SubscriptionBilling.plan(on: day, by: entries, before: rows.plan)
        status =
            if !isBilled {
                rows.status
            } else if isOver {
                applied.contains { $0.kind == .cancel } ? .cancelled : .expired
            } else {
                progress.isPaused ? .inactive : .active
            }
        let hasEnded = rows.status == .cancelled || rows.status == .expired
        invoices = hasEnded ? [] : billing.unissued(progress.statement.invoices)
        notes = billing.unissued(progress.statement.creditNotes)
        let start = try? CalendarDate(rows.startDate)
        let end = progress.end ?? progress.periodEnd ?? progress.firstPaid
        endDate = max(end, start ?? end)
        renews = progress.end == nil && (isBilled || rows.status == .pending)
        let days = [progress.next, progress.end] + entries.filter { $0.state == .scheduled }.map(\.effectiveOn)
        let next = isBilled && !isOver ? days.compactMap { $0 }.filter { $0 > day }.min() : nil
        nextDue = next.map { Timestamp(seconds: zone.instant(of: $0)) }
    }

    /// The plan that an invoice of a day bills.
    func plan(on day: CalendarDate) -> Identifier {
        SubscriptionBilling.plan(on: day, by: entries, before: formerPlan)
    }

    /// What has happened by a day, and what never will: what another price has taken the place of, and after the end everything.
    private static func settle(
        _ entries: inout [SubscriptionBilling.Entry], of billing: SubscriptionBilling, on day: CalendarDate,
        isOver: Bool
    ) {
        var dated = billing
        dated.entries = entries
        for index in entries.indices where entries[index].state == .scheduled {
            if let other = dated.superseding(entries[index]) {
                if isOver || (other.effect.map { $0 <= day } ?? false) { entries[index].state = .canceled }
            } else if let effective = entries[index].effectiveOn, effective <= day {
                entries[index].state = .applied
            } else if isOver {
                entries[index].state = .canceled
            }
        }
    }

    /// The entries with the first day on which each counts; nil if the service has ended by then.
    private static func dated(
        _ billing: SubscriptionBilling, _ progress: BillingProgress, on day: CalendarDate, by reader: ScenarioReader
    ) throws(ScenarioRefusal) -> [SubscriptionBilling.Entry] {
        var entries = billing.entries
        for index in entries.indices where entries[index].state == .scheduled {
            let entry = entries[index]
            guard let at = entry.day else {
                entries[index].effectiveOn = entry.requestedOn
                continue
            }
            if entry.kind.needsService, let end = progress.end, at >= end, entry.effectiveOn.map({ $0 > day }) ?? true {
                entries[index].effectiveOn = nil
                continue
            }
            guard entry.policy == .atPeriodEnd else {
                entries[index].effectiveOn = entry.kind == .cancel && at <= day ? progress.end ?? at : at
                continue
            }
            // How things will stand on the day from which the period is counted.
            let then = at > day ? try billing.progress(through: at, by: reader) : progress
            if entry.kind == .cancel {
                entries[index].effectiveOn = then.end ?? at
            } else if entry.effectiveOn.map({ $0 <= day }) ?? false {
                continue
            } else {
                // A change during a trial takes effect at once, and so does one that comes before the period that begins on its day.
                var isAtBoundary = false
                if at > day {
                    let before = try billing.progress(through: Self.day(before: at), by: reader)
                    isAtBoundary = periodEnd(of: entry, in: before) == at
                }
                let end = periodEnd(of: entry, in: then)
                entries[index].effectiveOn = at < then.firstPaid || isAtBoundary ? at : end ?? at
            }
        }
        return entries
    }

    /// The end of the period that an entry waits for: that of its item.
    private static func periodEnd(of entry: SubscriptionBilling.Entry, in progress: BillingProgress) -> CalendarDate? {
        guard let item = entry.item else { return progress.periodEnd }
        return progress.items.last { $0.id == item }?.periodEnd
    }

    private static func day(before day: CalendarDate) throws(ScenarioRefusal) -> CalendarDate {
        do { return try day.adding(days: -1) } catch { throw ScenarioRefusal("/start", error.description) }
    }
}

extension SubscriptionBilling.Entry {
    /// The day that the engine makes it on.
    var day: CalendarDate? { change["at"]?.stringValue.flatMap { try? CalendarDate($0) } }

    /// The item of an add-on that it is about; nil for the price of the plan.
    var item: String? { change["item"]?.stringValue }

    /// How it is billed; nil if that is not said.
    var policy: ChangePolicy? { change["policy"]?.stringValue.flatMap { ChangePolicy(rawValue: $0) } }
}
