import Logging
import Primitives
import WorkQueue

/// Serves requests for the application data of tenants: finds the data, and sends it part by part, never more of it in memory.
struct DataExporter: Sendable {
    static let maximumAttempts = 6

    let store: DataExportStore
    let sources: DataExportSources
    let callbacks: CallbackConfiguration
    let client: JSONPoster
    let timeLimit: Duration
    /// `pg_dump`, by name or path.
    let dumpProgram: String
    let clock: any WallClock
    let logger: Logger
    /// How long tenant management may be away before a dump is given up and begun again later.
    var patience = Duration.seconds(120)

    func handle(_ work: DataExportWork) async throws -> Settlement<Void> {
        guard let request = store.request(of: work) else {
            return .deadLetter(reason: "the request was stored under another encryption key")
        }
        guard let attempt = try await store.begin(work) else { return .released(after: .zero) }
        let upload = DataExportUpload(
            url: "\(callbacks.base)/tenant-exports/\(request.export)/data", request: request, attempt: attempt,
            client: client, timeout: callbacks.timeout, patience: patience, clock: clock)
        do {
            try await export(request, upload)
            return .done(())
        } catch is DataExportUpload.Refused {
            return .deadLetter(reason: "tenant management does not wait for the data any more")
        } catch let failure as ProvisioningFailure {
            try Task.checkCancellation()
            return try await settlement(failure, work, upload)
        }
    }

    private func settlement(
        _ failure: ProvisioningFailure, _ work: DataExportWork, _ upload: DataExportUpload
    ) async throws -> Settlement<Void> {
        let failures = work.failures + 1
        switch failure.kind {
        case .unavailable: throw ProvisioningOutage(description: failure.reason)
        case .transient where failures < Self.maximumAttempts:
            let delay = BackOff(initial: .seconds(1), maximum: .seconds(60)).delay(afterFailures: failures)
            return .retry(after: delay, reason: failure.reason)
        case .transient, .permanent:
            // Without this message, tenant management gives up by itself after EXPORT_TIMEOUT_SECONDS.
            do { try await upload.sayFailed(failure.reason) } catch is DataExportUpload.Refused {}
            return .deadLetter(reason: failure.reason)
        }
    }

    private func export(_ request: DataExportRequest, _ upload: DataExportUpload) async throws {
        switch try await sources.source(of: request) {
        case .none(let reason): try await upload.sayNone(reason)
        case .pipeline(let pipeline, let url): try await pipeline.requestExport(request, to: url)
        case .command(let command, let tier):
            let summary = try await send(upload) { channel in try await command.export(request, into: channel) }
            try await upload.end(summary, kind: ExecProvisioner.name, name: nil, tier: tier)
        case .dump(let placement):
            guard let tenancy = sources.tenancy else { return }
            let server = try tenancy.open(placement.server)
            let dump = PostgresDump(
                placement: placement, tenancy: tenancy.tenancy(server), program: dumpProgram, timeLimit: timeLimit)
            let summary = try await send(upload) { channel in try await dump.run(into: channel) }
            let isPooled = placement.kind == .pooled
            try await upload.end(
                summary, kind: isPooled ? PostgresSchemaProvisioner.name : PostgresDatabaseProvisioner.name,
                name: try SQLName(tenantKey: placement.tenantKey).text, tier: placement.tier)
        }
    }

    /// Sends what a program writes. If either side fails, the other one is ended.
    private func send(
        _ upload: DataExportUpload, _ program: @escaping @Sendable (OutputChannel) async throws -> Void
    ) async throws -> DataExportUpload.Summary {
        let channel = OutputChannel()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await program(channel) }
            let summary = try await upload.send(channel)
            // Only a program that has succeeded has written everything.
            try await group.waitForAll()
            try Task.checkCancellation()
            return summary
        }
    }
}
