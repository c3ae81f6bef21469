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
            _ = try await transaction.query(BilledUsage.open(billing.subscription, meters: meters, from: start))
        }
        guard let last = due.map(\.to).max() else { return billed }
        if isClosing {
            _ = try await transaction.query(BilledUsage.close(billing.subscription, through: instant(of: last, billed)))
        }
        let aggregations = try await SubscriptionUsageRepository.aggregations(of: due.map(\.meter), transaction)
        var completed = billed
        for part in due {
            completed.billing.addedUsage += try await records(
                of: part, aggregations[part.meter] ?? .sum, billed, transaction)
        }
        return completed
    }

    private func instant(of day: CalendarDate, _ billed: BilledSubscription) -> Timestamp {
        Timestamp(seconds: billed.zone.instant(of: day))
    }

    private func records(
        of due: Due, _ aggregation: Meter.Aggregation, _ billed: BilledSubscription, _ transaction: PostgresTransaction
    ) async throws -> [MeteredUsage] {
        let countsEvents = billed.billing.countsEvents(of: due.meter)
        let found: [BilledUsage.Record]
        do {
            found = try await usage.usage(
                of: billed.billing.subscription, meter: due.meter, from: instant(of: due.from, billed),
                to: instant(of: due.to, billed),
                grain: countsEvents && aggregation.isAdditive ? .event : .day(timeZone: billed.billing.timeZone),
                in: transaction)
        } catch is BilledUsage.TooManyRecords {
            throw ScenarioRefusal("/metered", "The meter \(due.meter) has too many events in a period for its price")
        }
        let last = try due.to.adding(days: -1)
        var used: [MeteredUsage] = []
        if aggregation.isAdditive {
            for record in found {
                let day = try billed.zone.date(at: record.at)
                let number = used.last.map { $0.day == day ? $0.number + 1 : 1 } ?? 1
                used.append(MeteredUsage(meter: due.meter, day: day, number: number, quantity: record.quantity))
            }
        } else if let value = try found.map({ (try Rational(decimal: $0.quantity), $0.quantity) }).max(by: {
            $0.0 < $1.0
        }) {
            // One number for all of these days.
            used.append(MeteredUsage(meter: due.meter, day: last, number: 1, quantity: value.1))
        }
        if used.last?.day != last {
            used.append(MeteredUsage(meter: due.meter, day: last, number: 0, quantity: "0"))
        }
        return used
    }
}
