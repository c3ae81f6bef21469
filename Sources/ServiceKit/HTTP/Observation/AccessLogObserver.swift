import Observability
import Primitives

/// Writes the access log.
struct AccessLogObserver: RequestObserver {
    let log: AccessLog
    let addresses: ClientAddressDetail

    /// Nil if the log is off.
    init?(_ log: AccessLog, addresses: ClientAddressDetail) {
        guard log.isEnabled else { return nil }
        self.log = log
        self.addresses = addresses
    }

    func finished(_ request: FinishedRequest) {
        log.write(
            AccessLog.Entry(
                method: request.method, path: LoggablePath.text(request.path, route: request.route),
                route: request.route, status: request.status,
                durationMicroseconds: request.durationNanoseconds / 1000, requestID: request.notes.requestID,
                remoteAddress: addresses.text(of: request.remoteAddress),
                userID: request.notes.userID.map(LoggablePath.identifier), tenantID: request.notes.tenantID,
                traceID: request.notes.trace?.traceID))
    }
}
