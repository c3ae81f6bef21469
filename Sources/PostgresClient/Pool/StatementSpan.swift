import TraceRecording

/// The span of a request to PostgreSQL, by the stable semantic conventions for databases. It has neither SQL nor values.
struct StatementSpan {
    private let span: TraceSpan

    /// Nil without tracing, and outside of traces that are recorded: then nothing is computed.
    init?(_ request: Request, on attributes: [Attribute]) {
        guard let current = CurrentSpan.span, current.isRecording else { return nil }
        var attributes = attributes
        let summary = request.items.isEmpty ? "BEGIN" : StatementSummary.text(of: request.items)
        attributes.append(Attribute("db.query.summary", .string(summary)))
        if request.items.count > 1 {
            attributes.append(Attribute("db.operation.batch.size", .integer(Int64(request.items.count))))
        }
        guard let span = current.child(summary, kind: .client, attributes: attributes) else { return nil }
        self.span = span
    }

    /// What is the same for all statements of a pool.
    static func attributes(_ configuration: PostgresConfiguration) -> [Attribute] {
        var attributes = [
            Attribute("db.system.name", .string("postgresql")),
            Attribute("db.namespace", .string("\(configuration.database)|\(configuration.schema)")),
            Attribute("server.address", .string(configuration.host)),
        ]
        if let port = Int64(configuration.port) { attributes.append(Attribute("server.port", .integer(port))) }
        return attributes
    }

    func succeeded() { span.finish() }

    func failed(_ error: PostgresError) {
        if let state = error.sqlState { span.set("db.response.status_code", .string("\(state)")) }
        span.fail(error.sqlState.map { "\($0)" } ?? error.kindName)
        span.finish()
    }
}

extension PostgresError {
    /// The kind in a word.
    fileprivate var kindName: String {
        switch kind {
        case .connection: "connection"
        case .timeout: "timeout"
        case .poolExhausted: "pool_exhausted"
        case .server: "server"
        case .encoding: "encoding"
        case .decoding: "decoding"
        case .configuration: "configuration"
        case .closed: "closed"
        case .cancelled: "canceled"
        }
    }
}
