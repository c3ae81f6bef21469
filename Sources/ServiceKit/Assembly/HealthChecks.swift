package import JSONCoding

/// What a service stands on, asked when somebody wants to know whether it can work.
package struct HealthCheck: Sendable {
    /// Name in the answer, such as `postgres`.
    package let name: String
    /// Whether the service can answer nothing without it. PostgreSQL is; Redis is not (DESIGN D5).
    package let isRequired: Bool
    /// Asks. Must have a deadline of its own.
    package let isHealthy: @Sendable () async -> Bool

    /// Makes one from its parts.
    package init(_ name: String, isRequired: Bool, isHealthy: @escaping @Sendable () async -> Bool) {
        self.name = name
        self.isRequired = isRequired
        self.isHealthy = isHealthy
    }
}

/// The outcome of all checks of a service.
package struct HealthReport: Sendable, JSONWritable {
    /// Each check by name with its outcome.
    package let checks: [(name: String, isRequired: Bool, isHealthy: Bool)]

    /// Runs the checks side by side.
    package init(running checks: [HealthCheck]) async {
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for (index, check) in checks.enumerated() { group.addTask { (index, await check.isHealthy()) } }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        self.checks = checks.enumerated().map { ($1.name, $1.isRequired, outcomes[$0] ?? false) }
    }

    /// Whether requests can be served.
    package var isReady: Bool { checks.allSatisfy { $0.isHealthy || !$0.isRequired } }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("status")
        writer.string(!isReady ? "unavailable" : checks.allSatisfy(\.isHealthy) ? "ok" : "degraded")
        writer.key("checks")
        writer.beginObject()
        for check in checks {
            writer.key(check.name)
            writer.string(check.isHealthy ? "up" : "down")
        }
        writer.endObject()
        writer.endObject()
    }
}
