import PostgresClient
import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `pg_restore` of a dump in a file, as the tenant's role.
struct PostgresRestore: Sendable {
    let site: MoveSite
    /// `pg_restore`, by name or path.
    let program: String
    let timeLimit: Duration

    /// - Parameter path: A dump in the custom format of pg_dump.
    /// - Throws: ``ProvisioningFailure`` without the tenant's data.
    func run(_ path: String) async throws(ProvisioningFailure) {
        let configuration = site.configuration
        var environment = [
            "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/",
            "PGHOST": configuration.host, "PGPORT": configuration.port, "PGUSER": configuration.user,
            "PGSSLMODE": configuration.tlsMode.rawValue, "PGCONNECT_TIMEOUT": "10",
            "PGAPPNAME": "arc-import-\(site.placement.tenant)",
        ]
        environment["PGPASSWORD"] = configuration.password
        environment["PGSSLROOTCERT"] = configuration.rootCertificate
        let arguments = [
            try PostgresCopy.program(program, "MOVE_PG_RESTORE"), "--dbname=\(site.placement.database)",
            "--no-password", "--format=custom", "--no-owner", "--no-privileges", "--role=\(site.name.text)",
            "--exit-on-error", "--no-publications", "--no-subscriptions", path,
        ]
        let result: CommandResult
        do {
            result = try await CommandRunner.run(
                Command(
                    arguments: arguments, environment: environment, workingDirectory: "/", input: [],
                    timeLimit: timeLimit))
        } catch {
            throw .transient("pg_restore could not be started: \(String(cString: strerror(error.code)))")
        }
        switch result.end {
        case .exited(0): return
        case .exited(let code):
            throw .transient("pg_restore ended with \(code): \(PostgresCopy.reason(result.errorTail))")
        case .timedOut: throw .permanent("pg_restore did not end in time (DATA_EXPORT_TIMEOUT_SECONDS)")
        case .killed, .cancelled, .tooMuchOutput: throw .transient("pg_restore was interrupted")
        }
    }
}
