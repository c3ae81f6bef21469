package import Entities

/// What keeps things in memory that rows of a table determine: a cache, API keys, revocations.
///
/// ``RowChangeFollower`` reports changes about once a second. Whoever has not heard of it for ``EntityCache/maximumAge`` must
/// not use what it keeps.
package protocol RowChangeListener: Sendable {
    /// These rows were changed, or none was.
    func rowsChanged(_ rows: [RowVersion]) async
    /// All changes that were committed before this instant have been reported.
    func confirm(at instant: ContinuousClock.Instant)
    /// Changes may have been missed.
    func reset() async
}

extension EntityCache: RowChangeListener {}
