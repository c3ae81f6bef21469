import Primitives

/// When a failed payment is tried again, or a reminder follows the last one. Pauses are counted from the last step, so that a node that
/// was away does not hurry.
struct DunningSchedule: Sendable, Hashable {
    /// Days after the first step, ascending; that of the last one ends it.
    let days: [Int]

    /// Most steps, and the longest schedule.
    static let maximumSteps = 30
    static let maximumDays = 365

    /// Nil unless the days ascend from 1.
    init?(days: [Int]) {
        guard !days.isEmpty, days.count <= Self.maximumSteps, days.first ?? 0 >= 1, days.last ?? 0 <= Self.maximumDays,
            zip(days, days.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        self.days = days
    }

    /// Reads days such as `1,3,5,7`.
    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
        guard !parts.contains(nil) else { return nil }
        self.init(days: parts.compactMap { $0 })
    }

    /// The days as they are set.
    var text: String { days.map(String.init).joined(separator: ",") }

    /// When the next step follows.
    /// - Parameters:
    ///   - steps: How many there were, from 1.
    ///   - instant: Of the last one.
    /// - Returns: Nil if it was the last one.
    func next(after steps: Int, at instant: Timestamp) -> Timestamp? {
        guard steps >= 1, steps <= days.count else { return nil }
        let before = steps == 1 ? 0 : days[steps - 2]
        return instant.adding(.seconds(86_400 * (days[steps - 1] - before)))
    }
}

/// What becomes of a subscription and its tenant when a schedule is over.
enum DunningEnd: String, Sendable, CaseIterable {
    /// The subscription is marked unpaid.
    case mark
    /// And the tenant is suspended until everything is paid.
    case suspend
    /// And the subscription is canceled.
    case cancel
}
