import Observability

/// Writes the access log.
struct AccessLogObserver: RequestObserver {
    let log: AccessLog

    /// Nil if the log is off.
    init?(_ log: AccessLog) {
        guard log.isEnabled else { return nil }
        self.log = log
    }

    func finished(_ request: FinishedRequest) {
        log.write(
            AccessLog.Entry(
                method: request.method, path: request.path, route: request.route, status: request.status,
                durationMicroseconds: request.durationNanoseconds / 1000, requestID: request.notes.requestID,
                remoteAddress: request.remoteAddress.description, userID: request.notes.userID,
                tenantID: request.notes.tenantID))
    }
}
