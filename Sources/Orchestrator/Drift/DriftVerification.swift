package import Configuration
package import ConfigurationChecks
package import Logging
import PostgresClient
import Primitives
import WorkQueue

/// Compares what should exist on all data servers with what exists. Both are read in the order of the names, a page at a time, so
/// the number of tenants does not matter for the memory.
package struct DriftVerification: Sendable {
    /// What is done about differences.
    package struct Options: Sendable {
        /// Whether to repair what can be repaired without loss.
        package var repairs = false
        /// Drops orphans, if there are exactly that many.
        package var orphansToDrop: Int?

        package init(repairs: Bool = false, orphansToDrop: Int? = nil) {
            self.repairs = repairs
            self.orphansToDrop = orphansToDrop
        }
    }

    /// What was found.
    package struct Summary: Sendable, Hashable {
        /// Names that were compared.
        package var checked = 0
        package var findings = 0
        /// Findings that were repaired or dropped.
        package var resolved = 0
        package var orphans = 0
        /// Why orphans were not dropped.
        package var refusal: String?

        /// Whether nothing is left to do.
        package var isClean: Bool { findings == resolved && refusal == nil }
    }

    private let tenancy: PlacedTenancy?
    private let repository: DriftRepository
    private let close: @Sendable () async -> Void

    /// Reads the settings of the orchestrator.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package init(reader: ConfigReader, logger: Logger) throws(ConfigurationFailure) {
        let shared = try CommandProvisioners(reader: reader, logger: logger)
        self.init(tenancy: shared.provisioners.tenancy, pool: shared.pool) { await shared.shutdown() }
    }

    /// - Parameter pool: Of `orchestrator_db`.
    init(tenancy: PlacedTenancy?, pool: PostgresPool, close: @escaping @Sendable () async -> Void = {}) {
        self.tenancy = tenancy
        self.close = close
        repository = DriftRepository(pool: pool)
    }

    /// Compares all data servers, one after the other.
    /// - Parameter report: Called for each difference, after it was repaired or not.
    /// - Throws: an error of `orchestrator_db`; what a data server does not answer is a finding.
    package func run(
        _ options: Options, report: (DriftFinding) -> Void
    ) async throws -> Summary {
        guard let tenancy else { return Summary() }
        try await tenancy.placement.register()
        var options = options
        var refusal: String?
        if let count = options.orphansToDrop {
            let before = try await pass(tenancy, Options()) { _ in }
            if before.orphans != count {
                refusal = "there are \(before.orphans) orphans, not \(count); nothing was dropped"
                options.orphansToDrop = nil
            }
        }
        var summary = try await pass(tenancy, options, report)
        summary.refusal = refusal
        return summary
    }

    private func pass(
        _ tenancy: PlacedTenancy, _ options: Options, _ report: (DriftFinding) -> Void
    ) async throws -> Summary {
        var summary = Summary()
        func note(_ finding: DriftFinding) {
            summary.findings += 1
            if finding.kind == .orphan { summary.orphans += 1 }
            if finding.isResolved { summary.resolved += 1 }
            report(finding)
        }
        for (name, problem) in tenancy.placement.servers.problems.sorted(by: { $0.key < $1.key }) {
            note(DriftFinding(server: name, name: nil, tenant: nil, kind: .unreachable, detail: problem))
        }
        for server in tenancy.placement.servers.list.sorted(by: { $0.name < $1.name }) {
            guard let open = try? tenancy.open(server.name) else { continue }
            do {
                try await compare(tenancy, open, options, checked: { summary.checked += 1 }, note)
            } catch let error as DataServerFailure {
                note(
                    DriftFinding(
                        server: server.name, name: nil, tenant: nil, kind: .unreachable, detail: error.description))
            }
        }
        return summary
    }

    /// The data server failed, and not `orchestrator_db`.
    private struct DataServerFailure: Error, CustomStringConvertible {
        let description: String
    }

    private func onServer<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch { throw DataServerFailure(description: FailureReason.describing(error)) }
    }

    private func compare(
        _ tenancy: PlacedTenancy, _ open: DataServers.Open, _ options: Options, checked: () -> Void,
        _ note: (DriftFinding) -> Void
    ) async throws {
        let comparison = DriftComparison(
            server: open.server.name, sharedDatabase: open.server.configuration.database)
        let repair = DriftRepair(tenancy: tenancy, repository: repository, server: open)
        let start = "tenant_"
        var expected = NamePages<ExpectedObjects>(after: start) { after in
            try await repository.expected(on: open.server, after: after)
        }
        var actual = NamePages<ActualObjects>(after: start) { after in
            try await onServer { try await DriftRepository.actual(on: open.pool, after: after) }
        }
        while true {
            let (wanted, found) = (try await expected.peek(), try await actual.peek())
            guard wanted != nil || found != nil else { return }
            checked()
            if let wanted, found.map({ !Self.precedes($0.name, wanted.name) }) ?? true {
                let match = found?.name == wanted.name ? found : nil
                for finding in comparison.findings(wanted, match) {
                    var finding = finding
                    if options.repairs {
                        finding.isResolved = try await onServer { try await repair.repair(finding, wanted, match) }
                    }
                    note(finding)
                }
                expected.drop()
                if match != nil { actual.drop() }
            } else if let found {
                actual.drop()
                var place: String?
                if let key = DriftRepair.key(found.name) { place = try await repository.server(ofKey: key) }
                guard var finding = comparison.unexpected(found, placedOn: place) else { continue }
                if finding.kind == .orphan, options.orphansToDrop != nil {
                    finding.isResolved = try await onServer { try await repair.drop(found) }
                }
                note(finding)
            }
        }
    }

    private static func precedes(_ one: String, _ other: String) -> Bool {
        one.utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// Closes the connections.
    package func shutdown() async { await close() }
}
