import PostgresClient

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// PostgreSQL's client programs: where they are, how they connect, and what their failures say.
enum PostgresProgram {
    /// The absolute path of a program.
    /// - Parameter variable: The setting that names it.
    static func path(_ name: String, _ variable: String) throws(ProvisioningFailure) -> String {
        guard let path = ProgramPath.absolute(name) else {
            throw .permanent("\(name) is not installed; install PostgreSQL's client programs or set \(variable)")
        }
        return path
    }

    /// The complete environment of a program. The password is in it, because only the user of the program can read it, and in no
    /// argument.
    /// - Parameters:
    ///   - application: The name under which its session appears on the server.
    ///   - home: The folder that counts as the user's.
    static func environment(
        _ configuration: PostgresConfiguration, application: String, home: String = "/"
    ) -> [String: String] {
        var environment = [
            "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "LC_ALL": "C", "HOME": home,
            "PGHOST": configuration.host, "PGPORT": configuration.port, "PGUSER": configuration.user,
            "PGSSLMODE": configuration.tlsMode.rawValue, "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": application,
            // Of several hosts, the replicas would let nothing be written, and be behind.
            "PGTARGETSESSIONATTRS": configuration.targetServer.rawValue,
        ]
        environment["PGPASSWORD"] = configuration.password
        environment["PGSSLROOTCERT"] = configuration.rootCertificate
        environment["PGSSLCERT"] = configuration.clientCertificate
        environment["PGSSLKEY"] = configuration.clientKey
        return environment
    }

    /// The argument that names the database. With it goes what the environment cannot say: when a machine counts as lost.
    static func database(_ name: String, _ configuration: PostgresConfiguration) -> String {
        let quoted = String(name.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] })
        let network = configuration.networkParameters.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
        return "--dbname=dbname='\(quoted)' \(network)"
    }

    /// The program could not be started.
    static func failure(_ program: String, _ failure: CommandFailure) -> ProvisioningFailure {
        .transient("\(program) could not be started: \(String(cString: strerror(failure.code)))")
    }

    /// The program ended with a code other than 0.
    /// - Parameter errorTail: What it wrote to standard error. Only the first error is kept: details and context hold data.
    static func failure(_ program: String, code: Int32, errorTail: [UInt8]) -> ProvisioningFailure {
        let lines = String(decoding: errorTail, as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.contains("error:") } ?? "no reason"
        return .transient("\(program) ended with \(code): \(line.prefix(200))")
    }
}
