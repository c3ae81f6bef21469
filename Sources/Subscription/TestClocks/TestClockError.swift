import Primitives

/// Why a test clock cannot be made or advanced.
enum TestClockError: Error, Sendable, Hashable {
    /// `TEST_CLOCKS` is off.
    case disabled
    /// There is no such clock, or it was deleted.
    case notFound
    /// There is no such tenant, or it is deleted or suspended.
    case tenantUnknown
    /// The tenant has subscriptions that were billed on the real time.
    case tenantHasSubscriptions
    /// Another clock of the tenant has shown a later time, or this one does: the time of a tenant does not go back.
    case goesBack
    /// The time lies outside the years that clocks show.
    case outOfRange
    /// More than ``TestClock/longestAdvance`` at once.
    case tooFar
}
