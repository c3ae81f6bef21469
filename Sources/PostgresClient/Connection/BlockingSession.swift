import CLibpq
package import Logging

/// A connection for one blocking call after the other, on a dedicated thread: for migrations. Statements have no timeout,
/// because rewriting a table may take its time.
package final class BlockingSession {
    let raw: OpaquePointer

    init(_ opened: OpenedConnection) {
        raw = opened.raw
    }

    /// Opens a connection, runs the body with it on a thread that is made for this, and closes it.
    package static func run<Value: Sendable>(
        _ configuration: PostgresConfiguration, logger: Logger,
        _ body: @escaping @Sendable (BlockingSession) -> Value
    ) async throws(PostgresError) -> Value {
        let notices = NoticeLog(logger: logger)
        let outcome = await BlockingThread.run { () -> Result<Value, PostgresError> in
            configuration.open(isOwner: true, notices: notices).map { body(BlockingSession($0)) }
        }
        guard let outcome else { throw PostgresError(.connection, "the system has no more threads") }
        return try outcome.get()
    }

    deinit {
        PQfinish(raw)
    }

    /// Whether a transaction is open and has not failed.
    package var isInTransaction: Bool { PQtransactionStatus(raw) == PQTRANS_INTRANS }

    /// Runs SQL text of one or several commands.
    package func execute(_ sql: String) throws(PostgresError) {
        guard !sql.utf8.contains(0) else { throw PostgresError(.encoding, "the SQL text holds a zero byte") }
        let result = PQexec(raw, sql)
        defer { PQclear(result) }
        try check(result)
    }

    /// Runs one command with text parameters; the rows come as text.
    package func query(_ sql: String, _ parameters: [String] = []) throws(PostgresError) -> [[String?]] {
        let encoder = TextParameters(parameters)
        let result = encoder.withPointers { PQexecParams(raw, sql, Int32(parameters.count), nil, $0, nil, nil, 0) }
        defer { PQclear(result) }
        try check(result)
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                guard PQgetisnull(result, row, column) == 0 else { return nil }
                return PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }

    func check(_ result: OpaquePointer?) throws(PostgresError) {
        guard let result else {
            let message = PQerrorMessage(raw).map { String(cString: $0) }
            throw PostgresError(.connection, "connection lost", serverMessage: message)
        }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: throw PostgresError.from(result: result)
        default: throw PostgresError(.connection, "unexpected reply")
        }
    }
}

/// Zero-terminated copies of text parameters.
private struct TextParameters {
    private let bytes: [CChar]
    private let offsets: [Int]

    init(_ parameters: [String]) {
        var bytes: [CChar] = []
        var offsets: [Int] = []
        for parameter in parameters {
            offsets.append(bytes.count)
            bytes.append(contentsOf: parameter.utf8CString)
        }
        self.bytes = bytes
        self.offsets = offsets
    }

    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            body(offsets.map { offset in buffer.baseAddress?.advanced(by: offset) })
        }
    }
}
