import PostgresClient
import Primitives

/// `pg_dump` of the schema or database of a tenant, at one moment, without owners and grants.
///
/// It logs in as the tenant: it sees what the tenant sees and nothing else, and needs no rights that a move could take away.
struct PostgresDump: Sendable {
    let placement: TenantPlacement
    let tenancy: PostgresTenancy
    /// `pg_dump`, by name or path.
    let program: String
    let timeLimit: Duration

    /// - Parameter channel: Takes the dump, in the custom format.
    /// - Throws: ``ProvisioningFailure`` without the tenant's data.
    func run(into channel: OutputChannel) async throws(ProvisioningFailure) {
        var command: Command
        do throws(ProvisioningFailure) {
            command = try await self.command()
        } catch {
            channel.finish()
            throw error
        }
        command.outputChannel = channel
        let result: CommandResult
        do { result = try await CommandRunner.run(command) } catch {
            throw PostgresProgram.failure("pg_dump", error)
        }
        switch result.end {
        case .exited(0): return
        case .exited(let code):
            throw PostgresProgram.failure("pg_dump", code: code, errorTail: result.errorTail)
        case .killed, .cancelled, .tooMuchOutput: throw .transient("pg_dump was interrupted")
        case .timedOut: throw .permanent("pg_dump did not end in time (DATA_EXPORT_TIMEOUT_SECONDS)")
        }
    }

    private func command() async throws(ProvisioningFailure) -> Command {
        let name = try SQLName(tenantKey: placement.tenantKey)
        let program = try PostgresProgram.path(program, "MOVE_PG_DUMP")
        var configuration = tenancy.configuration
        let password = try await tenancy.credentials.find(
            role: name.text, server: tenancy.address, tenant: placement.tenant)
        guard let password else {
            throw .permanent("the password of role \(name) is not known; provision the tenant again")
        }
        // When the server is away, the dump has not failed.
        do { _ = try await tenancy.pool.query(ProvisioningRunStatements.check) } catch { throw .from(error) }
        configuration.user = name.text
        configuration.password = password
        let arguments = [
            program, PostgresProgram.database(placement.database, configuration), "--no-password", "--format=custom",
            "--no-owner",
            "--no-privileges", "--no-publications", "--no-subscriptions", "--lock-wait-timeout=60000",
            placement.kind == .silo ? "--exclude-schema=public" : "--schema=\(name.text)",
        ]
        return Command(
            arguments: arguments,
            environment: PostgresProgram.environment(
                configuration, application: "arc-export-\(placement.tenant)"),
            workingDirectory: "/", input: [], timeLimit: timeLimit)
    }
}
