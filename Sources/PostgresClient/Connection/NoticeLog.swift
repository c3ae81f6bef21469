import CLibpq
import Logging
import Synchronization

/// Writes the server's notices to the debug log: severity and code only, since the text may hold data.
final class NoticeLog: Sendable {
    private let logger: Logger
    /// How often a commit has ended before a replica had it, because somebody canceled its wait.
    private let unreplicatedCommits = Atomic(0)

    var unreplicated: Int { unreplicatedCommits.load(ordering: .relaxed) }

    /// Makes a receiver, one for each pool, listener and migrator.
    init(logger: Logger) {
        self.logger = logger
        // libpq copies the pointer into each PGresult, which may outlive connection and pool: kept for good.
        _ = Unmanaged.passRetained(self)
    }

    /// Receives the notices of a connection.
    func install(on raw: OpaquePointer) {
        PQsetNoticeReceiver(
            raw,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ result: OpaquePointer) {
        // PG_DIAG_SEVERITY_NONLOCALIZED and PG_DIAG_SQLSTATE: character constants, which Swift does not import.
        let severity = PQresultErrorField(result, 0x56).map { String(cString: $0) }
        let code = PQresultErrorField(result, 0x43).map { String(cString: $0) }
        // PG_DIAG_SOURCE_FUNCTION. The server reports success after that, and its warning is the only sign; its text is translated.
        if PQresultErrorField(result, 0x52).map({ String(cString: $0) }) == "SyncRepWaitForLSN" {
            unreplicatedCommits.wrappingAdd(1, ordering: .relaxed)
        }
        logger.debug(
            "PostgreSQL notice", metadata: ["severity": "\(severity ?? "-")", "sqlstate": "\(code ?? "-")"])
    }
}
