import CLibpq
import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A connection that libpq has just opened, on its way to its owner.
///
/// `@unchecked Sendable`: it has one owner at a time, which passes it on and keeps no reference.
struct OpenedConnection: @unchecked Sendable {
    let raw: OpaquePointer
    let notices: NoticeLog
}

extension PostgresConfiguration {
    /// libpq's connection parameters (libpq manual, "Parameter Key Words").
    /// - Parameter isOwner: For migrations: no timeouts of statements, since rewriting a table may take its time.
    func connectionParameters(isOwner: Bool = false) -> [(String, String)] {
        let address = hostOrder.arrange(host: host, port: port)
        var parameters = [
            ("host", address.host), ("port", address.port), ("user", user), ("dbname", database),
            ("sslmode", tlsMode.rawValue), ("gssencmode", "disable"), ("target_session_attrs", targetServer.rawValue),
            ("application_name", applicationName), ("client_encoding", "UTF8"),
            // libpq counts in whole seconds and takes 1 for 2.
            ("connect_timeout", String(max(2, (connectionTimeout.milliseconds + 999) / 1000))),
        ]
        parameters += networkParameters
        if let password { parameters.append(("password", password)) }
        if let rootCertificate { parameters.append(("sslrootcert", rootCertificate)) }
        if let clientCertificate { parameters.append(("sslcert", clientCertificate)) }
        if let clientKey { parameters.append(("sslkey", clientKey)) }
        if usesPreparedStatements {
            let settings = isOwner ? [("search_path", searchPath), ("statement_timeout", "0")] : sessionSettings
            let options = settings.map { "-c \($0.0)=\(Self.escapeOption($0.1))" }
            parameters.append(("options", options.joined(separator: " ")))
        }
        return parameters
    }

    /// libpq's parameters that notice a machine that is gone: half of the time nothing is said, then it is asked three times; what was
    /// sent must be acknowledged within all of it.
    package var networkParameters: [(String, String)] {
        let seconds = max(2, networkTimeout.milliseconds / 1000)
        return [
            ("keepalives_idle", String(seconds / 2)), ("keepalives_interval", String(max(1, seconds / 6))),
            ("keepalives_count", "3"), ("tcp_user_timeout", String(networkTimeout.milliseconds)),
        ]
    }

    /// What every session is set to: at start-up, or in each transaction behind a pooler.
    var sessionSettings: [(String, String)] {
        [
            ("search_path", searchPath),
            ("statement_timeout", String(statementTimeout.milliseconds)),
            ("lock_timeout", String(lockTimeout.milliseconds)),
            ("idle_in_transaction_session_timeout", String(idleInTransactionTimeout.milliseconds)),
        ]
    }

    /// The value of `search_path`: the schema, quoted, then `public`.
    package var searchPath: String {
        let name = schema.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(name)\", public"
    }

    /// Spaces separate options, a backslash keeps one (PostgreSQL manual, "options").
    private static func escapeOption(_ value: String) -> String {
        var escaped = ""
        for character in value {
            if character == " " || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    /// Opens a connection. Blocks: only on a `BlockingThread`.
    func open(isOwner: Bool = false, notices: NoticeLog) -> Result<OpenedConnection, PostgresError> {
        let parameters = connectionParameters(isOwner: isOwner)
        guard parameters.allSatisfy({ !$0.1.utf8.contains(0) }) else {
            return .failure(PostgresError(.configuration, "a parameter holds a zero byte"))
        }
        let strings = parameters.map { (strdup($0.0), strdup($0.1)) }
        defer {
            for (name, value) in strings {
                free(name)
                // The password was among them.
                if let value { memset(value, 0, strlen(value)) }
                free(value)
            }
        }
        let names = strings.map { UnsafePointer($0.0) } + [nil]
        let values = strings.map { UnsafePointer($0.1) } + [nil]
        guard let raw = PQconnectdbParams(names, values, 0) else {
            return .failure(PostgresError(.connection, "out of memory", isRetryable: true))
        }
        guard PQstatus(raw) == CONNECTION_OK else {
            let message = PQerrorMessage(raw).map { String(cString: $0) }
            PQfinish(raw)
            hostOrder.failed(of: host)
            let fault = message.flatMap { tlsFault(libpqMessage: $0) }
            return .failure(
                PostgresError(
                    .connection, fault.map { "cannot connect: \($0)" } ?? "cannot connect", isRetryable: true,
                    serverMessage: message))
        }
        if let used = PQhost(raw), let usedPort = PQport(raw) {
            hostOrder.succeeded(host: String(cString: used), port: String(cString: usedPort), of: (host, port))
        }
        notices.install(on: raw)
        return .success(OpenedConnection(raw: raw, notices: notices))
    }
}
