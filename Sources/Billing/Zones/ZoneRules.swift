package import Primitives

/// The offsets of a time zone from UTC at all times: what clocks on its walls show.
///
/// Made from the content of a file of the IANA time zone database (RFC 9636); reading the file is the caller's task.
package struct ZoneRules: Sendable, Hashable {
    /// The name by which the zone was asked for, `Europe/Paris`.
    package let name: String
    /// The seconds of 1970 at which the offset changes, ascending.
    private let transitions: [Int64]
    /// The offset in seconds from each transition on; one more in front, for the time before the first.
    private let offsets: [Int]
    /// What holds after the last transition; nil if the last offset does.
    private let rule: ZoneRule?

    /// Coordinated universal time.
    package static let utc = ZoneRules(name: "UTC", transitions: [], offsets: [0], rule: nil)

    init(name: String, transitions: [Int64], offsets: [Int], rule: ZoneRule?) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.rule = rule
    }

    /// Seconds to add to UTC at the instant (seconds since 1970): -25,200 in Denver in winter.
    package func offset(at instant: Int64) -> Int {
        if let last = transitions.last, instant < last || rule == nil {
            var (low, high) = (0, transitions.count)
            while low < high {
                let middle = (low + high) / 2
                if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
            }
            return offsets[low]
        }
        return rule?.offset(at: instant) ?? offsets[0]
    }

    /// The local date and the second of its day at an instant (seconds since 1970). Throws `.dateOutOfRange`.
    package func local(at instant: Int64) throws(BillingError) -> (date: CalendarDate, second: Int) {
        let seconds = Int(instant) + offset(at: instant)
        let second = (seconds % 86_400 + 86_400) % 86_400
        return (try CalendarDate(daysSince1970: (seconds - second) / 86_400), second)
    }

    /// The local date at an instant. Throws `.dateOutOfRange`.
    package func date(at instant: Timestamp) throws(BillingError) -> CalendarDate {
        try local(at: instant.seconds).date
    }

    /// The instant (seconds since 1970) at which clocks show a time.
    ///
    /// A time that comes twice, when clocks go back, means the first; one that is left out, when they go forward, is
    /// as much later as they go forward: 02:30 becomes 03:30.
    package func instant(of date: CalendarDate, second: Int = 0) -> Int64 {
        let wall = Int64(date.daysSince1970) * 86_400 + Int64(second)
        let before = wall - Int64(offset(at: wall - 86_400))
        let after = wall - Int64(offset(at: wall + 86_400))
        if before == after || wall - Int64(offset(at: before)) == before { return before }
        return wall - Int64(offset(at: after)) == after ? after : before
    }
}
