import PostgresClient
import Primitives

/// `pg_restore` of a dump in a file, as the tenant's role.
struct PostgresRestore: Sendable {
    let site: MoveSite
    /// `pg_restore`, by name or path.
    let program: String
    let timeLimit: Duration

    /// - Parameter path: A dump in the custom format of pg_dump.
    /// - Throws: ``ProvisioningFailure`` without the tenant's data.
    func run(_ path: String) async throws(ProvisioningFailure) {
        let arguments = [
            try PostgresProgram.path(program, "MOVE_PG_RESTORE"),
            PostgresProgram.database(site.placement.database, site.configuration),
            "--no-password", "--format=custom", "--no-owner", "--no-privileges", "--role=\(site.name.text)",
            "--exit-on-error", "--no-publications", "--no-subscriptions", path,
        ]
        let result: CommandResult
        do {
            result = try await CommandRunner.run(
                Command(
                    arguments: arguments,
                    environment: PostgresProgram.environment(
                        site.configuration, application: "arc-import-\(site.placement.tenant)"),
                    workingDirectory: "/", input: [], timeLimit: timeLimit))
        } catch {
            throw PostgresProgram.failure("pg_restore", error)
        }
        switch result.end {
        case .exited(0): return
        case .exited(let code):
            throw PostgresProgram.failure("pg_restore", code: code, errorTail: result.errorTail)
        case .timedOut: throw .permanent("pg_restore did not end in time (DATA_EXPORT_TIMEOUT_SECONDS)")
        case .killed, .cancelled, .tooMuchOutput: throw .transient("pg_restore was interrupted")
        }
    }
}
