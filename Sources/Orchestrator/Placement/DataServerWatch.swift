import ConfigurationChecks
import Logging
import PostgresClient
import ServiceKit
import ServiceLifecycle
import Synchronization
import WorkQueue

/// Notices changes of the data servers file, and measures how much is on the servers.
///
/// A file that is wrong, or that lacks a server with tenants, is not used: the previous one stays, and the reason is in the
/// log and in the readiness report.
final class DataServerWatch: Service {
    private let servers: DataServers
    private let placement: PlacementService
    private let repository: PlacementRepository
    private let interval: Duration
    private let logger: Logger
    private let refusal = Mutex<String?>(nil)
    private let outage: OutageLog
    private let measured = Mutex<ContinuousClock.Instant?>(nil)

    private static let measureInterval = Duration.seconds(60)

    init(placement: PlacementService, interval: Duration, logger: Logger) {
        servers = placement.servers
        repository = placement.repository
        self.placement = placement
        self.interval = interval
        self.logger = logger
        outage = OutageLog("the data servers cannot be compared with what is stored", logger: logger)
    }

    /// Why the file is not used as it is now; nil when it is.
    var problem: String? { refusal.withLock { $0 } }

    func run() async {
        await PeriodicWork.run("data_server_watch", every: interval) { [self] in
            await round()
            if isMeasurementDue() { await measure() }
        }
    }

    /// Reads the file once, and uses it if it is valid.
    func round() async {
        do {
            try await placement.register()
            for (name, problem) in servers.problems {
                logger.error("a data server cannot be used", metadata: ["server": "\(name)", "reason": "\(problem)"])
            }
            if let file = servers.file { try await reload(file) }
            outage.succeeded()
        } catch {
            outage.failed(error)
        }
    }

    private func reload(_ file: DataServersFile) async throws {
        let listed: [DataServer]
        do { listed = try file.load() } catch {
            refuse(error.description)
            return
        }
        guard !isSame(listed, servers.list) || !servers.problems.isEmpty else {
            accept(nil)
            return
        }
        let names = listed.map { DataServerRegistration.Listed(name: $0.name, address: $0.address) }
        let problems = try await repository.register(names, dryRun: true)
        guard problems.isEmpty else {
            refuse(problems.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; "))
            return
        }
        servers.registered(problems: try await repository.register(names))
        await servers.replace(with: listed)
        accept("the data servers file was read again")
    }

    private func isSame(_ new: [DataServer], _ old: [DataServer]) -> Bool {
        new.count == old.count
            && zip(new, old).allSatisfy {
                $0.name == $1.name && $0.capacity == $1.capacity && $0.labels == $1.labels
                    && $0.isDrained == $1.isDrained && $0.connects(like: $1)
            }
    }

    private func refuse(_ reason: String) {
        let isNew = refusal.withLock { refusal in
            defer { refusal = reason }
            return refusal != reason
        }
        guard isNew else { return }
        logger.error("the data servers file is not used, the previous one stays", metadata: ["reason": "\(reason)"])
    }

    private func accept(_ message: Logger.Message?) {
        refusal.withLock { $0 = nil }
        if let message { logger.notice(message, metadata: ["servers": "\(servers.list.count)"]) }
    }

    // MARK: Sizes

    private func isMeasurementDue() -> Bool {
        let now = ContinuousClock.now
        return measured.withLock { measured in
            if let measured, measured.duration(to: now) < Self.measureInterval { return false }
            measured = now
            return true
        }
    }

    /// Asks the servers with a capacity in bytes for their size; one that is away keeps its last one.
    func measure() async {
        await withTaskGroup(of: Void.self) { group in
            for server in servers.list where server.capacity.bytes != nil {
                group.addTask { [self] in
                    do {
                        let pool = try servers.open(server.name).pool
                        guard let row = try await pool.query(PlacementStatements.size).first else { return }
                        try await repository.measured(server.name, bytes: try row.int64(0))
                    } catch {
                        logger.warning(
                            "a data server cannot be measured",
                            metadata: ["server": "\(server.name)", "error": "\(FailureReason.describing(error))"])
                    }
                }
            }
        }
    }
}
