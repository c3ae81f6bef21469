package import Configuration

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension PostgresConfiguration {
    /// Reads a configuration.
    ///
    /// | key | environment | default | range |
    /// |---|---|---|---|
    /// | `db.host` | `DB_HOST` | `127.0.0.1` | names separated by commas |
    /// | `db.port` | `DB_PORT` | `5432` | 1 … 65535, one or as many as hosts |
    /// | `db.user` | `DB_USER` | required | |
    /// | `db.password` | `DB_PASSWORD` | none | secret |
    /// | `db.password.file` | `DB_PASSWORD_FILE` | none | file that holds the password |
    /// | `db.database` | `DB_DATABASE` | required | |
    /// | `db.schema` | `DB_SCHEMA` | `main` | |
    /// | `db.sslmode` | `DB_SSLMODE` | `prefer` | `TLSMode` |
    /// | `db.sslrootcert` | `DB_SSLROOTCERT` | none | file |
    /// | `db.target.session.attrs` | `DB_TARGET_SESSION_ATTRS` | `any`; several hosts: `read-write` | `TargetServer` |
    /// | `db.application.name` | `DB_APPLICATION_NAME` | argument | |
    /// | `db.max.connections` | `DB_MAX_CONNECTIONS` | 10 | 1 … 1000 |
    /// | `db.max.waiters` | `DB_MAX_WAITERS` | 1000 | 0 … 100000 |
    /// | `db.connection.timeout.millis` | `DB_CONNECTION_TIMEOUT_MILLIS` | 2000 | 1 … 600000 |
    /// | `db.idle.timeout.millis` | `DB_IDLE_TIMEOUT_MILLIS` | 60000 | 1 … 86400000 |
    /// | `db.max.age.millis` | `DB_MAX_AGE_MILLIS` | 1800000 | 1000 … 86400000 |
    /// | `db.statement.timeout.millis` | `DB_STATEMENT_TIMEOUT_MILLIS` | 10000 | 0 … 86400000, 0: none |
    /// | `db.lock.timeout.millis` | `DB_LOCK_TIMEOUT_MILLIS` | 5000 | as above |
    /// | `db.idle.in.transaction.timeout.millis` | `DB_IDLE_IN_TRANSACTION_TIMEOUT_MILLIS` | 10000 | as above |
    /// | `db.prepared.statements` | `DB_PREPARED_STATEMENTS` | `true` | `false` behind PgBouncer |
    /// | `db.statement.cache.size` | `DB_STATEMENT_CACHE_SIZE` | 256 | 1 … 10000 |
    ///
    /// A scoped reader gives a prefix: `reader.scoped(to: "application")` reads `APPLICATION_DB_HOST` and so on.
    /// - Throws: `PostgresError` of kind `.configuration` that names the variable and what it should be.
    package init(reader: ConfigReader, applicationName: String = "arc") throws(PostgresError) {
        let source = Source(reader: reader)
        let host = source.text("db.host") ?? "127.0.0.1"
        let port = source.text("db.port") ?? "5432"
        try Self.check(port: port, host: host)
        self.init(
            host: host,
            port: port,
            user: try source.required("db.user"),
            password: try source.password(),
            database: try source.required("db.database"),
            schema: source.text("db.schema") ?? "main",
            tlsMode: try source.choice("db.sslmode") ?? .prefer,
            rootCertificate: source.text("db.sslrootcert"),
            targetServer: try source.choice("db.target.session.attrs"),
            applicationName: source.text("db.application.name") ?? applicationName,
            maximumConnections: try source.integer("db.max.connections", in: 1...1000) ?? 10,
            maximumWaiters: try source.integer("db.max.waiters", in: 0...100_000) ?? 1000,
            connectionTimeout: try source.milliseconds("db.connection.timeout.millis", in: 1...600_000)
                ?? .seconds(2),
            idleTimeout: try source.milliseconds("db.idle.timeout.millis", in: 1...86_400_000) ?? .seconds(60),
            maximumAge: try source.milliseconds("db.max.age.millis", in: 1000...86_400_000) ?? .seconds(1800),
            statementTimeout: try source.milliseconds("db.statement.timeout.millis", in: 0...86_400_000)
                ?? .seconds(10),
            lockTimeout: try source.milliseconds("db.lock.timeout.millis", in: 0...86_400_000) ?? .seconds(5),
            idleInTransactionTimeout: try source.milliseconds(
                "db.idle.in.transaction.timeout.millis", in: 0...86_400_000) ?? .seconds(10),
            usesPreparedStatements: try source.boolean("db.prepared.statements") ?? true,
            statementCacheSize: try source.integer("db.statement.cache.size", in: 1...10_000) ?? 256)
    }

    private static func check(port: String, host: String) throws(PostgresError) {
        let ports = port.split(separator: ",", omittingEmptySubsequences: false)
        let hosts = host.split(separator: ",", omittingEmptySubsequences: false)
        for text in ports {
            guard let number = Int(text), (1...65535).contains(number) else {
                throw PostgresError(.configuration, "DB_PORT must be a number from 1 to 65535, or several with commas")
            }
        }
        guard ports.count == 1 || ports.count == hosts.count else {
            throw PostgresError(.configuration, "DB_PORT must name one port, or as many as DB_HOST names hosts")
        }
    }
}

/// Reads and checks single values; an empty value counts as absent.
private struct Source {
    let reader: ConfigReader

    func text(_ key: ConfigKey, isSecret: Bool = false) -> String? {
        guard let text = reader.string(forKey: key, isSecret: isSecret), !text.isEmpty else { return nil }
        return text
    }

    func required(_ key: ConfigKey) throws(PostgresError) -> String {
        guard let text = text(key) else { throw invalid(key, "is missing") }
        return text
    }

    func integer(_ key: ConfigKey, in range: ClosedRange<Int>) throws(PostgresError) -> Int? {
        // Through text first: a reader answers nil for a number it cannot parse, and a typing error must not be silent.
        guard let number = text(key).map({ Int($0) }) ?? reader.int(forKey: key) else {
            if text(key) == nil { return nil }
            throw invalid(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        guard range.contains(number) else {
            throw invalid(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func milliseconds(_ key: ConfigKey, in range: ClosedRange<Int>) throws(PostgresError) -> Duration? {
        try integer(key, in: range).map { .milliseconds($0) }
    }

    func boolean(_ key: ConfigKey) throws(PostgresError) -> Bool? {
        guard let text = text(key) else { return reader.bool(forKey: key) }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw invalid(key, "must be true or false")
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: ConfigKey) throws(PostgresError) -> Choice?
    where Choice.RawValue == String {
        guard let text = text(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw invalid(key, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func password() throws(PostgresError) -> String? {
        if let path = text("db.password.file") {
            guard let content = readSmallFile(path) else { throw invalid("db.password.file", "cannot be read") }
            return content
        }
        return text("db.password", isSecret: true)
    }

    private func invalid(_ key: ConfigKey, _ problem: String) -> PostgresError {
        let name = key.components.joined(separator: "_").uppercased()
        return PostgresError(.configuration, "\(name) \(problem)")
    }
}

/// The text of a file of at most 64 KiB, without line ends at its end.
private func readSmallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    var length = 0
    while length < bytes.count {
        let count = bytes.withUnsafeMutableBytes { buffer in
            read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
        }
        guard count >= 0 else { return nil }
        if count == 0 { break }
        length += count
    }
    var text = bytes[..<length]
    while let last = text.last, last == 0x0A || last == 0x0D { text.removeLast() }
    return String(validating: text, as: UTF8.self)
}
