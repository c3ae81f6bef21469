/// Waits until a probe has a result: for everything that happens some time after its cause.
/// - Parameters:
///   - what: What is waited for, for the failure's text.
///   - limit: How long at most. Long, because it only matters when something is broken.
///   - probe: Looks once; nil when it is not there yet. What it throws ends the waiting.
/// - Throws: ``TestFailure`` when the time is over.
package func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(120), every pause: Duration = .milliseconds(25),
    _ probe: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await probe() { return value }
        guard ContinuousClock.now < deadline else { throw TestFailure("waited \(limit) in vain for: \(what)") }
        try await Task.sleep(for: pause)
    }
}

/// Waits until a condition holds.
package func eventually(
    _ what: String, within limit: Duration = .seconds(120), every pause: Duration = .milliseconds(25),
    is condition: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what, within: limit, every: pause) { try await condition() ? true : nil }
}
