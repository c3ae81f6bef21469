import CLibpq

extension BlockingSession {
    /// Sends rows to `COPY … FROM STDIN`.
    /// - Parameters:
    ///   - statement: The COPY statement.
    ///   - text: The rows in the format that the statement names.
    /// - Returns: How many rows PostgreSQL has stored.
    package func copy(_ statement: String, _ text: [UInt8]) throws(PostgresError) -> Int {
        guard !statement.utf8.contains(0) else {
            throw PostgresError(.encoding, "the SQL text holds a zero byte")
        }
        let started = PQexec(raw, statement)
        defer { PQclear(started) }
        guard PQresultStatus(started) == PGRES_COPY_IN else {
            try check(started)
            throw PostgresError(.connection, "unexpected reply")
        }
        // libpq sends as it is given data; parts keep its buffer small.
        for start in stride(from: 0, to: text.count, by: 1_048_576) {
            let sent = text[start..<min(start + 1_048_576, text.count)].withUnsafeBytes { part in
                PQputCopyData(raw, part.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(part.count))
            }
            guard sent == 1 else { throw lost() }
        }
        guard PQputCopyEnd(raw, nil) == 1 else { throw lost() }
        let ended = PQgetResult(raw)
        defer {
            PQclear(ended)
            // The end of the results, after which the connection takes the next command.
            while let further = PQgetResult(raw) { PQclear(further) }
        }
        try check(ended)
        return PQcmdTuples(ended).flatMap { Int(String(cString: $0)) } ?? 0
    }

    private func lost() -> PostgresError {
        let message = PQerrorMessage(raw).map { String(cString: $0) }
        return PostgresError(.connection, "connection lost", serverMessage: message)
    }
}
