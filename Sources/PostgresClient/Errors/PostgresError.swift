/// What can go wrong between this process and PostgreSQL.
///
/// `description` is made for log lines: kind, SQLSTATE, and names out of the schema; never SQL, parameters, row data
/// or secrets. The server's own texts may contain data; they are in `serverMessage` and `detail` only.
package struct PostgresError: Error, Sendable {
    /// The kind of error.
    package enum Kind: Sendable, Hashable {
        /// No connection could be opened, or it broke.
        case connection
        /// No response within the client's own deadline; the connection was closed.
        case timeout
        /// No connection became free in time, or too many callers were waiting already.
        case poolExhausted
        /// PostgreSQL answered with an error.
        case server(SQLState)
        /// A parameter cannot be sent.
        case encoding
        /// A column is missing, NULL, or of another type than asked for.
        case decoding
        /// The configuration is not usable.
        case configuration
        /// The pool, listener or transaction was used after its end.
        case closed
        /// The task was canceled.
        case cancelled
    }

    /// The kind of error.
    package let kind: Kind
    /// A description of the error without data.
    package let reason: String
    /// Whether nothing was sent to the server, so that running the same again cannot have an effect twice.
    package let isRetryable: Bool
    /// Whether the request was sent and the connection was lost before the server had said what became of it: it may
    /// have been committed. Never set for requests that change nothing, or whose transaction was not committed.
    package internal(set) var isOutcomeUnknown = false
    /// The index of the statement in its batch that failed.
    package internal(set) var statementIndex: Int?

    let fields: ServerFields?

    init(_ kind: Kind, _ reason: String, isRetryable: Bool = false, serverMessage: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.isRetryable = isRetryable
        self.fields = serverMessage.map { ServerFields(message: $0) }
    }

    init(sqlState: SQLState, fields: ServerFields, kind: Kind? = nil, reason: String = "") {
        self.kind = kind ?? .server(sqlState)
        self.reason = reason
        self.isRetryable = false
        self.fields = fields
    }

    /// The server's error code, when the server gave one.
    package var sqlState: SQLState? {
        if case .server(let state) = kind { return state }
        return fields?.sqlState
    }

    /// The name of the violated constraint or of the unique index.
    package var constraint: String? { fields?.constraint }
    /// The name of the column concerned.
    package var column: String? { fields?.column }
    /// The name of the table concerned.
    package var table: String? { fields?.table }
    /// The name of the schema concerned.
    package var schema: String? { fields?.schema }
    /// The server's or libpq's message. May hold data: never into a log line or a response.
    package var serverMessage: String? { fields?.message }
    /// The server's DETAIL, e.g. `Key (key)=(abc) already exists.` Holds data: never into a log line.
    package var detail: String? { fields?.detail }
    /// The server's HINT.
    package var hint: String? { fields?.hint }
    /// Where in the SQL text the error is, in characters from 1.
    package var position: Int? { fields?.position }

    /// The column names out of the DETAIL of a unique or foreign key violation (`Key (a, b)=(…)`), without values.
    package var detailKey: [String] { fields?.detailKey ?? [] }

    /// Whether the connection's prepared statements have become useless: a table was changed, or a pooler or
    /// `DISCARD ALL` took them away.
    var isStaleStatement: Bool {
        sqlState == .invalidStatementName
            || (sqlState == .featureNotSupported && fields?.routine == "RevalidateCachedQuery")
    }

    /// Whether time ran out: the client's deadline, the statement timeout, or the lock timeout.
    package var isTimeout: Bool {
        switch kind {
        case .timeout, .server(.queryCanceled), .server(.lockNotAvailable): true
        // The server answers with `queryCanceled` here too, but the task was canceled, and no time ran out.
        default: false
        }
    }

    /// Whether the transaction lost against another one (40001, 40P01), was rolled back, and may be run again.
    package var isTransactionConflict: Bool {
        sqlState == .serializationFailure || sqlState == .deadlockDetected
    }

    /// Whether a guard of the batch found nothing: a statement that divides by the number of rows it found, so that the
    /// whole batch is rolled back when a row it depends on is missing.
    package var isGuardViolation: Bool { sqlState == .divisionByZero }

    /// Whether the database cannot serve now: no connection, no free connection, shutting down.
    package var isUnavailable: Bool {
        switch kind {
        case .connection, .poolExhausted, .closed: true
        case .server(let state):
            state.errorClass == "08" || state.errorClass == "53" || state.code.hasPrefix("57P")
                || state == .readOnlyTransaction
        default: false
        }
    }

    /// Whether the server's error leaves open what became of the transaction that the request was to commit.
    /// - Parameter atCommit: Whether all statements had succeeded before.
    func leavesOutcomeUnknown(atCommit: Bool) -> Bool {
        guard let sqlState else { return true }
        // Class 08 also comes from a pooler that has lost its own connection; 40003 means exactly this.
        if sqlState.errorClass == "08" || sqlState == "40003" { return true }
        // A session that is ended during the commit may have made it durable.
        return atCommit && sqlState.code.hasPrefix("57P")
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Kind, SQLSTATE and names out of the schema; safe for logs.
    package var description: String {
        var text = "PostgreSQL error: \(name)"
        if let sqlState { text += " \(sqlState.code)" }
        if !reason.isEmpty { text += " (\(reason))" }
        if let constraint { text += ", constraint \(constraint)" }
        if let table { text += ", table \(table)" }
        if let column { text += ", column \(column)" }
        if let statementIndex { text += ", statement \(statementIndex)" }
        return text
    }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Shows nothing but the description, so that `dump` reveals no data either.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }

    private var name: String {
        switch kind {
        case .connection: "connection"
        case .timeout: "timeout"
        case .poolExhausted: "pool exhausted"
        case .server: "server"
        case .encoding: "encoding"
        case .decoding: "decoding"
        case .configuration: "configuration"
        case .closed: "closed"
        case .cancelled: "cancelled"
        }
    }
}

/// What the server reported about an error.
final class ServerFields: Sendable {
    let sqlState: SQLState?
    let message: String?
    let detail: String?
    let hint: String?
    let schema: String?
    let table: String?
    let column: String?
    let constraint: String?
    let position: Int?
    /// The server's function that raised the error.
    let routine: String?

    init(
        sqlState: SQLState? = nil, message: String?, detail: String? = nil, hint: String? = nil,
        schema: String? = nil, table: String? = nil, column: String? = nil, constraint: String? = nil,
        position: Int? = nil, routine: String? = nil
    ) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.position = position
        self.routine = routine
    }

    var detailKey: [String] {
        guard let detail, let open = detail.firstIndex(of: "("), let close = detail.firstRange(of: ")=("),
            open < close.lowerBound
        else { return [] }
        return detail[detail.index(after: open)..<close.lowerBound].split(separator: ",").map { name in
            String(name.drop { $0 == " " })
        }
    }
}
