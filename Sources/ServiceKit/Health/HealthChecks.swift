package import JSONCoding

/// The state of a dependency of a service.
package enum HealthState: Sendable, Hashable {
    case up
    /// Usable with a limitation; the word names it, such as `stale`.
    case impaired(String)
    case down

    /// The word in the answer.
    var text: String {
        switch self {
        case .up: "up"
        case .impaired(let word): word
        case .down: "down"
        }
    }
}

/// A dependency of a service, which is checked when the readiness of the service is requested.
package struct HealthCheck: Sendable {
    /// Name in the answer, such as `postgres`.
    package let name: String
    /// Whether the service cannot work without it. PostgreSQL is required; Redis is not, because it only has copies.
    package let isRequired: Bool
    /// What to do when it is not up, as `arc doctor` says it.
    package let advice: String
    /// Checks it. What takes longer than ``HealthReport/patience`` counts as down.
    package let state: @Sendable () async -> HealthState

    /// A check with all three outcomes.
    package init(
        _ name: String, isRequired: Bool, advice: String = "", state: @escaping @Sendable () async -> HealthState
    ) {
        self.name = name
        self.isRequired = isRequired
        self.advice = advice
        self.state = state
    }

    /// A check with the outcomes up and down.
    package init(
        _ name: String, isRequired: Bool, advice: String = "", isHealthy: @escaping @Sendable () async -> Bool
    ) {
        self.init(name, isRequired: isRequired, advice: advice, state: { await isHealthy() ? .up : .down })
    }

    /// Dead letters: the service works, but somebody has to look (`arc events dead`).
    /// - Parameter count: Counts them.
    package static func deadLetters(_ count: @escaping @Sendable () async throws -> Int) -> HealthCheck {
        HealthCheck(
            "deadLetters", isRequired: false,
            advice: "List them with `arc events dead`; retry or discard each once its reason is gone."
        ) { () -> HealthState in
            guard let count = try? await count() else { return .impaired("unknown") }
            return count == 0 ? .up : .impaired("\(count) waiting")
        }
    }
}

/// The outcome of all checks of a service.
package struct HealthReport: Sendable, JSONWritable {
    /// The outcomes in the order of the checks.
    package let checks: [(name: String, isRequired: Bool, state: HealthState)]

    /// How long a check may take.
    package static let patience = Duration.seconds(10)

    /// Runs the checks concurrently.
    package init(running checks: [HealthCheck]) async {
        let outcomes = await withTaskGroup(of: (Int, HealthState).self) { group in
            for (index, check) in checks.enumerated() {
                // A check that hangs must not keep the service from saying how it is.
                group.addTask { (index, await Patience.run(atMost: Self.patience, check.state) ?? .down) }
            }
            return await group.reduce(into: [Int: HealthState]()) { $0[$1.0] = $1.1 }
        }
        self.checks = checks.enumerated().map { ($1.name, $1.isRequired, outcomes[$0] ?? .down) }
    }

    /// Whether requests can be served.
    package var isReady: Bool { checks.allSatisfy { $0.state != .down || !$0.isRequired } }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("status")
        writer.string(!isReady ? "unavailable" : checks.allSatisfy { $0.state == .up } ? "ok" : "degraded")
        writer.key("checks")
        writer.beginObject()
        for check in checks {
            writer.key(check.name)
            writer.string(check.state.text)
        }
        writer.endObject()
        writer.endObject()
    }
}
