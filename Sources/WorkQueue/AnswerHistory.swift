package import Primitives

/// Since when a database has answered again and again, by its own clock. Pure state.
///
/// The end of a lease only says that it was not renewed: its holder may be dead, or nobody could reach the database. A
/// store whose work must not be done twice takes over an ended lease only if the database has answered for the length of
/// a lease. Until then a holder that has outlived an outage can record what it has done. The conditions belong into the
/// claiming statement, because a claim may be carried out long after it was sent: by a server that was frozen, for example.
package struct AnswerHistory: Sendable {
    /// The first answer since the last gap; nil before any answer.
    package private(set) var since: Timestamp?
    /// The last answer; nil before any answer.
    package private(set) var last: Timestamp?

    /// No answer yet.
    package init() {}

    /// The database has answered.
    /// - Parameters:
    ///   - now: What its clock showed.
    ///   - maximumGap: The longest time without an answer that may be overlooked.
    package mutating func answered(at now: Timestamp, maximumGap: Duration) {
        defer { last = now }
        // A clock that was set back is a gap too.
        if let last, last <= now, last.adding(maximumGap) >= now { return }
        since = now
    }
}
