import Billing
import BillingPreview
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// Gives a subscription the usage that is due: what the engine bills today, and no more. It is stored with the invoice, so that the
/// invoice can always be computed again.
///
/// Whatever arrives later counts on the day that follows, and so on a later invoice (``BilledUsage``).
struct SubscriptionMetering: Sendable {
    let usage: BilledUsage

    /// Days of a meter whose use is due.
    private struct Due: Sendable {
        let meter: String
        let from: CalendarDate
        /// Not included.
        let to: CalendarDate
    }

    /// The subscription with the usage that is due today.
    /// - Parameter isClosing: Whether nothing may be added to it any more; not for a preview.
    /// - Throws: ``ScenarioRefusal`` if it cannot be billed.
    func complete(
        _ billed: BilledSubscription, isClosing: Bool, _ transaction: PostgresTransaction
    ) async throws -> BilledSubscription {
        let billing = billed.billing
        guard billing.isMetered else { return billed }
        let meters = billing.metered.compactMap { $0["id"]?.stringValue }
        let progress = try billing.progress(through: billed.today, by: billed.reader)
        let due = progress.measured.sorted { $0.key < $1.key }.compactMap { meter, to -> Due? in
            guard let from = billing.unbilledFrom(meter), from < to else { return nil }
            return Due(meter: meter, from: from, to: to)
        }
        if isClosing, billed.isStored, let first = meters.compactMap({ billing.unbilledFrom($0) }).min() {
            let start = instant(of: first, billed)
            _ = try await transaction.query(
                BilledUsage.open(
                    billing.subscription, meters: meters, counted: meters.filter { billing.countsEvents(of: $0) },
                    from: start))
        }
        guard let last = due.map(\.to).max() else { return billed }
        if isClosing {
            _ = try await transaction.query(BilledUsage.close(billing.subscription, through: instant(of: last, billed)))
        }
        let aggregations = try await SubscriptionUsageRepository.aggregations(of: due.map(\.meter), transaction)
        var completed = billed
        for part in due {
            completed.billing.addedUsage += try await records(
                of: part, aggregations[part.meter] ?? .sum, billed, pauses: progress.pauses, transaction)
        }
        return completed
    }

    private func instant(of day: CalendarDate, _ billed: BilledSubscription) -> Timestamp {
        Timestamp(seconds: billed.zone.instant(of: day))
    }

    private func records(
        of due: Due, _ aggregation: Meter.Aggregation, _ billed: BilledSubscription, pauses: [BillingProgress.Pause],
        _ transaction: PostgresTransaction
    ) async throws -> [MeteredUsage] {
        guard aggregation.isAdditive else { return try await value(of: due, billed, pauses: pauses, transaction) }
        let countsEvents = billed.billing.countsEvents(of: due.meter)
        let found: [BilledUsage.Record]
        do {
            found = try await usage.usage(
                of: billed.billing.subscription, meter: due.meter, from: instant(of: due.from, billed),
                to: instant(of: due.to, billed),
                grain: countsEvents ? .event : .day(timeZone: billed.billing.timeZone), in: transaction)
        } catch is BilledUsage.TooManyRecords {
            throw ScenarioRefusal("/metered", "The meter \(due.meter) has too many events in a period for its price")
        }
        let last = try due.to.adding(days: -1)
        var used: [MeteredUsage] = []
        for record in found {
            let day = try billed.zone.date(at: record.at)
            let number = used.last.map { $0.day == day ? $0.number + 1 : 1 } ?? 1
            used.append(MeteredUsage(meter: due.meter, day: day, number: number, quantity: record.quantity))
        }
        if used.last?.day != last {
            used.append(MeteredUsage(meter: due.meter, day: last, number: 0, quantity: "0"))
        }
        return used
    }

    /// One number for all of the days, on the last one with service. What came late changes the numbers that were billed before, and
    /// only the difference is due.
    private func value(
        of due: Due, _ billed: BilledSubscription, pauses: [BillingProgress.Pause], _ transaction: PostgresTransaction
    ) async throws -> [MeteredUsage] {
        let served = try Self.served(from: due.from, to: due.to, pauses)
        var parts = served.map { part(0, $0, billed) }
        var number = 0
        for earlier in try billed.billing.billedTimes(of: due.meter).suffix(Self.maximumTimes) {
            number += 1
            parts += try Self.served(from: earlier.from, to: earlier.to, pauses).map { part(number, $0, billed) }
        }
        let value = try await usage.value(
            of: billed.billing.subscription, meter: due.meter, parts: parts, from: instant(of: due.from, billed),
            to: instant(of: due.to, billed), in: transaction)
        let last = try due.to.adding(days: -1)
        var used: [MeteredUsage] = []
        if let value, let end = served.last?.to {
            used.append(MeteredUsage(meter: due.meter, day: try end.adding(days: -1), number: 1, quantity: value))
        }
        if used.last?.day != last {
            used.append(MeteredUsage(meter: due.meter, day: last, number: 0, quantity: "0"))
        }
        return used
    }

    /// How many of the times that were billed before events may still change: they come at most so many days late.
    private static let maximumTimes = 1_000

    private func part(
        _ number: Int, _ days: (from: CalendarDate, to: CalendarDate), _ billed: BilledSubscription
    ) -> BilledUsage.Part {
        BilledUsage.Part(number: number, from: instant(of: days.from, billed), to: instant(of: days.to, billed))
    }

    /// The days without pauses, as half-open ranges, the earliest first.
    static func served(
        from: CalendarDate, to: CalendarDate, _ pauses: [BillingProgress.Pause]
    ) throws -> [(from: CalendarDate, to: CalendarDate)] {
        var ranges: [(from: CalendarDate, to: CalendarDate)] = []
        var start = from
        for pause in pauses where start < to {
            let end = min(pause.from, to)
            if start < end { ranges.append((start, end)) }
            start = max(start, pause.to ?? to)
        }
        if start < to { ranges.append((start, to)) }
        return ranges
    }
}
