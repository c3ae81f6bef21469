package import PostgresClient
package import ServiceLifecycle

/// Keeps asking the replicas of a database how far they are.
package struct ReplicaChecks: Service {
    private let replicas: ReadReplicas

    package init(_ replicas: ReadReplicas) { self.replicas = replicas }

    /// Runs until graceful shutdown.
    package func run() async throws {
        await PeriodicWork.run("replica_checks", every: replicas.configuration.interval) { await replicas.check() }
    }
}

extension ReadReplicas {
    /// Readiness: without some of the replicas the service works, and the primary has more to do.
    package var healthCheck: HealthCheck {
        HealthCheck(
            "readReplicas", isRequired: false,
            advice: "Check the replicas that DB_READ_HOSTS names. Reads that they do not answer go to the primary."
        ) { () -> HealthState in
            let reports = self.reports
            let usable = reports.count { $0.standing == .usable }
            guard usable < reports.count else { return .up }
            let reasons = Set(reports.map(\.standing)).subtracting([.usable]).map(\.rawValue).sorted()
            return .impaired("\(usable) of \(reports.count) usable (\(reasons.joined(separator: ", ")))")
        }
    }
}
