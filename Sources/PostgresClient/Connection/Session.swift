import CLibpq

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A PGconn in pipeline mode: sending requests and taking replies, without any waiting. Used under a connection's lock.
final class Session {
    private let raw: OpaquePointer
    let notices: NoticeLog
    private let usesPreparedStatements: Bool
    private var cache: StatementCache
    private var encoder = ParameterEncoder()
    let isEncrypted: Bool

    /// What came of sending.
    enum Sent {
        /// All is with the operating system.
        case complete
        /// The rest goes out when the socket can be written.
        case partly
        /// Nothing that could have an effect was sent: without its synchronization point a pipeline is rolled back.
        case nothing
        /// The connection broke while sending.
        case broken
    }

    /// Takes ownership of a connection that has just been opened; `nil` when it cannot be used.
    init?(_ opened: OpenedConnection, configuration: PostgresConfiguration) {
        raw = opened.raw
        notices = opened.notices
        usesPreparedStatements = configuration.usesPreparedStatements
        cache = StatementCache(capacity: configuration.statementCacheSize)
        isEncrypted = PQsslInUse(opened.raw) != 0
        guard PQsetnonblocking(opened.raw, 1) == 0, PQenterPipelineMode(opened.raw) == 1 else {
            PQfinish(opened.raw)
            return nil
        }
    }

    /// Ends the session and frees it.
    func finish() { PQfinish(raw) }

    var descriptor: Int32 { PQsocket(raw) }
    var isAlive: Bool { PQstatus(raw) == CONNECTION_OK }
    var isIdle: Bool { PQtransactionStatus(raw) == PQTRANS_IDLE }
    var isInTransaction: Bool { PQtransactionStatus(raw) == PQTRANS_INTRANS }

    /// What PQcancel needs; independent of the session's life.
    func makeCancellation() -> Cancellation? { PQgetCancel(raw).map { Cancellation(raw: $0) } }

    /// Whether the peer has not closed meanwhile: looks at the socket without waiting.
    func isPeerPresent() -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        if count < 0 { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR }
        if count == 0 { return false }
        // An unrequested message, most likely that the server closes the session.
        guard PQconsumeInput(raw) == 1 else { return false }
        _ = PQisBusy(raw)
        return isAlive
    }

    // MARK: Sending

    /// Queues a request and its synchronization point, and sends as much as goes.
    func send(_ request: Request, into pipeline: inout Pipeline) -> Sent {
        guard isAlive else { return .nothing }
        var isQueued = true
        if let begin = request.begin {
            isQueued = send(begin, values: [], step: .control, into: &pipeline)
        }
        if isQueued, !request.settings.isEmpty {
            let item = Request.settingsItem(request.settings)
            isQueued = send(item.statement, values: item.values, step: .control, into: &pipeline)
        }
        for (index, item) in request.items.enumerated() where isQueued {
            isQueued = send(item.statement, values: item.values, step: .statement(index: index), into: &pipeline)
        }
        for number in cache.takeEvicted() where isQueued {
            let sql = PostgresStatement("DEALLOCATE \(StatementCache.name(number))", prepared: false)
            isQueued = send(sql, values: [], step: .deallocate(number: number), into: &pipeline)
        }
        guard isQueued else { return .nothing }
        // This is what flushes; before it only what exceeds libpq's buffer has gone.
        guard PQpipelineSync(raw) == 1 else { return .broken }
        return flush()
    }

    /// Sends what is left.
    func flush() -> Sent {
        switch PQflush(raw) {
        case 0: .complete
        case 1: .partly
        default: .broken
        }
    }

    private func send(
        _ statement: PostgresStatement, values: [PostgresValue], step: Pipeline.Step, into pipeline: inout Pipeline
    ) -> Bool {
        encoder.encode(values)
        guard usesPreparedStatements, statement.isPrepared else {
            pipeline.append(step)
            return encoder.withParameters { (count, types, pointers, lengths, formats) in
                PQsendQueryParams(raw, statement.sql, count, types, pointers, lengths, formats, 1) == 1
            }
        }
        let entry: StatementCache.Entry
        switch cache.lookup(statement, types: encoder.types) {
        case .found(let found):
            entry = found
        case .prepare(let new):
            entry = new
            pipeline.append(.prepare(number: new.number, index: step.statementIndex))
            guard PQsendPrepare(raw, new.name, statement.sql, Int32(new.types.count), new.types) == 1 else {
                return false
            }
        }
        pipeline.append(step)
        return encoder.withParameters { (count, _, pointers, lengths, formats) in
            PQsendQueryPrepared(raw, entry.name, count, pointers, lengths, formats, 1) == 1
        }
    }

    // MARK: Receiving

    /// Reads from the socket.
    /// - Returns: `false` when the connection is broken.
    func consume() -> Bool {
        guard PQconsumeInput(raw) == 1 else { return false }
        if isEncrypted {
            // OpenSSL may hold bytes that no longer make the socket readable. Taking replies first makes room.
            _ = PQisBusy(raw)
            return PQconsumeInput(raw) == 1
        }
        return true
    }

    /// Whether a reply has to be waited for.
    var isBusy: Bool { PQisBusy(raw) == 1 }

    /// The next reply; to be called only while not busy.
    func nextReply() -> (Pipeline.Reply, OpaquePointer?) {
        guard let result = PQgetResult(raw) else { return (.end, nil) }
        let reply: Pipeline.Reply
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK: reply = .rows
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: reply = .command
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: reply = .error
        case PGRES_PIPELINE_ABORTED: reply = .aborted
        case PGRES_PIPELINE_SYNC: reply = .sync
        default: reply = .unexpected
        }
        return (reply, result)
    }

    /// Reads past notices and notifications while nothing is asked.
    func discardUnasked() {
        _ = PQisBusy(raw)
        while let notification = PQnotifies(raw) { PQfreemem(notification) }
    }

    /// Brings the cache in line with what a finished pipeline left undone.
    func settle(_ pipeline: Pipeline) {
        for step in pipeline.undone {
            switch step {
            case .prepare(let number, _): cache.remove(number: number)
            case .deallocate(let number): cache.keepEvicted(number)
            case .control, .statement: break
            }
        }
    }

    /// libpq's message about the connection; may contain data.
    var message: String? { PQerrorMessage(raw).map { String(cString: $0) } }
}

/// A request to the server to stop what a session is doing.
///
/// `@unchecked Sendable`: a PGcancel never changes, and libpq allows its use from any thread.
struct Cancellation: @unchecked Sendable {
    let raw: OpaquePointer

    /// Sends the request over a separate connection and frees it. Blocks: only on a `BlockingThread`.
    func perform() {
        var buffer = [CChar](repeating: 0, count: 256)
        PQcancel(raw, &buffer, Int32(buffer.count))
        PQfreeCancel(raw)
    }

    /// Frees it unused.
    func discard() { PQfreeCancel(raw) }
}
