import TestSupport

/// What every connector must do: one case for each rule of the bus. A connector's test target runs all of them:
///
/// ```swift
/// @Test(arguments: ConformanceCheck.allCases)
/// func `the bus keeps its promises`(_ check: ConformanceCheck) async throws {
///     try await MyBus.with { bus in try await check.run(on: bus) }
/// }
/// ```
package enum ConformanceCheck: String, CaseIterable, Sendable, CustomStringConvertible {
    case documentation = "the table of docs/events.md says what is checked here"
    case groups = "each group gets every event of its types, once"
    case envelope = "an event arrives as it was published"
    case batch = "the largest batch is taken as a whole, and an empty one is too"
    case lateGroup = "a group that registers late gets what was published before, in order"
    case registration = "a group misses nothing while it registers and others publish"
    case order = "one event of a tenant at a time, in order, while tenants go on side by side"
    case duplicates = "duplicates do no harm"
    case replay = "a replay reaches the groups that it names, although they have handled the original"
    case poison = "a poison message ends among the dead letters with its error, and the others go on"
    case restarts = "a poison message is given up although its consumers start again"
    case rejection = "a rejected event is a dead letter at once"
    case deadLetterPages = "dead letters are listed in pages, counted, and retried one by one"
    case dependency = "an outage of what a handler depends on is not an attempt"
    case cancellation = "a canceled consumer returns its event uncounted"
    case shutdown = "a graceful shutdown finishes what was begun, loses nothing and repeats nothing"
    case backPressure = "a consumer takes no more than it can handle"
    case backlog = "the backlog of a group is what waits for it"
    case outage = "events go on after an outage of the bus, and it counts no attempt"
    case death = "what a process held that died comes again, uncounted"

    package var description: String { rawValue }

    /// Runs the check; one of a promise that the bus does not make returns at once.
    package func run(on bus: some ConformanceBus) async throws {
        switch self {
        case .documentation: try documentation(bus)
        case .groups: try await groups(bus)
        case .envelope: try await envelope(bus)
        case .batch: try await batch(bus)
        case .lateGroup: try await lateGroup(bus)
        case .registration: try await registration(bus)
        case .order: try await order(bus)
        case .duplicates: try await duplicates(bus)
        case .replay: try await replay(bus)
        case .poison: try await poison(bus)
        case .restarts: try await restarts(bus)
        case .rejection: try await rejection(bus)
        case .deadLetterPages: try await deadLetterPages(bus)
        case .dependency: try await dependency(bus)
        case .cancellation: try await cancellation(bus)
        case .shutdown: try await shutdown(bus)
        case .backPressure: try await backPressure(bus)
        case .backlog: try await backlog(bus)
        case .outage: try await outage(bus)
        case .death: try await death(bus)
        }
    }
}

/// Fails the check that runs unless a condition holds.
func expect(_ condition: Bool, _ rule: @autoclosure () -> String) throws {
    guard condition else { throw TestFailure("broken: \(rule())") }
}
