import Entities
import Primitives
import ServiceKit

/// What a request for usage asks for.
struct UsageQuery: Sendable, Hashable {
    /// The parts that a period can be shown in.
    enum Step: String, Sendable, CaseIterable {
        case day
        case month

        var span: UsagePieces.Span { self == .day ? .day : .month }

        func isBoundary(_ instant: Timestamp) -> Bool {
            self == .day
                ? UTCCalendar.startOfDay(of: instant) == instant : UTCCalendar.startOfMonth(of: instant) == instant
        }

        func next(after start: Timestamp) -> Timestamp {
            self == .day
                ? Timestamp(seconds: start.seconds + 86_400) : UTCCalendar.nextMonth(after: start)
        }
    }

    let tenant: Identifier
    let meter: String?
    let from: Timestamp
    let to: Timestamp
    let every: Step?

    /// Days of a period.
    static let maximumDays = 3660
    /// Parts of a period that one answer shows.
    static let maximumSteps = 400

    /// Checks how the parameters fit together.
    /// - Throws: ``UsageError/parameter(_:value:reason:)``.
    init(
        tenant: Identifier, meter: String?, from: Timestamp, to: Timestamp, every: Step?
    ) throws(UsageError) {
        for (name, instant) in [("from", from), ("to", to)] where !UTCCalendar.isOnQuarter(instant) {
            throw .parameter(
                name, value: instant.description,
                reason: "must be on a quarter of an hour, because that is what is summed")
        }
        guard from < to else { throw .parameter("to", value: to.description, reason: "must be after from") }
        guard to.seconds - from.seconds <= Int64(Self.maximumDays) * 86_400 else {
            throw .parameter("to", value: to.description, reason: "must be at most \(Self.maximumDays) days after from")
        }
        if let every {
            guard meter != nil else { throw .parameter("meter", value: nil, reason: "") }
            for (name, instant) in [("from", from), ("to", to)] where !every.isBoundary(instant) {
                throw .parameter(
                    name, value: instant.description, reason: "must be the beginning of a \(every.rawValue) in UTC")
            }
            guard every == .month || to.seconds - from.seconds <= Int64(Self.maximumSteps) * 86_400 else {
                throw .parameter(
                    "to", value: to.description, reason: "must be at most \(Self.maximumSteps) days after from")
            }
        }
        self.tenant = tenant
        self.meter = meter
        self.from = from
        self.to = to
        self.every = every
    }
}
