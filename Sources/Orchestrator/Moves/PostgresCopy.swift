import Logging
import PostgresClient
import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `pg_dump` of the tenant's schema or database into `pg_restore`, through a named pipe, so that nothing is stored between.
struct PostgresCopy: Sendable {
    let source: MoveSite
    let target: MoveSite
    let timeLimit: Duration
    let settings: MoveSettings
    let logger: Logger

    /// Under this name the sessions of the programs appear on both servers.
    static func applicationName(_ tenant: Identifier) -> String { "arc-move-\(tenant)" }

    /// - Throws: a transient failure when a program fails, without the tenant's data.
    func run() async throws(ProvisioningFailure) {
        let dump = try PostgresProgram.path(settings.dumpProgram, "MOVE_PG_DUMP")
        let restore = try PostgresProgram.path(settings.restoreProgram, "MOVE_PG_RESTORE")
        guard let folder = Self.makeFolder() else { throw .transient("no temporary folder can be made") }
        defer {
            unlink("\(folder)/pipe")
            rmdir(folder)
        }
        guard mkfifo("\(folder)/pipe", 0o600) == 0 else { throw .transient("no named pipe can be made") }
        let commands = [
            command([dump] + dumpArguments("\(folder)/pipe"), source, folder),
            command([restore] + restoreArguments("\(folder)/pipe"), target, folder),
        ]
        let problem = await withTaskGroup(of: (Int, Result<CommandResult, CommandFailure>).self) { group in
            for (index, command) in commands.enumerated() {
                group.addTask {
                    do throws(CommandFailure) { return (index, .success(try await CommandRunner.run(command))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var first: ProvisioningFailure?
            for await (index, result) in group {
                guard let next = failure(index == 0 ? "pg_dump" : "pg_restore", result) else { continue }
                // The other one waits for it, and its end says less.
                if first == nil || first?.reason.hasSuffix(Self.interrupted) == true { first = next }
                group.cancelAll()
            }
            return first
        }
        if let problem { throw problem }
    }

    private func dumpArguments(_ pipe: String) -> [String] {
        // A pooled tenant has only its schema; one with its own database may have more.
        let isWhole = source.placement.kind == .silo && target.placement.kind == .silo
        return [
            PostgresProgram.database(source.placement.database, source.configuration), "--no-password",
            "--format=custom", "--compress=0",
            "--no-publications", "--no-subscriptions", "--no-sync", "--lock-wait-timeout=30000",
            isWhole ? "--exclude-schema=public" : "--schema=\(source.name.text)", "--file=\(pipe)",
        ]
    }

    private func restoreArguments(_ pipe: String) -> [String] {
        [
            PostgresProgram.database(target.placement.database, target.configuration), "--no-password",
            "--format=custom", "--no-owner",
            "--role=\(target.name.text)", "--exit-on-error", "--no-publications", "--no-subscriptions", pipe,
        ]
    }

    private func command(_ arguments: [String], _ site: MoveSite, _ folder: String) -> Command {
        Command(
            arguments: arguments,
            environment: PostgresProgram.environment(
                site.configuration, application: Self.applicationName(site.placement.tenant), home: folder),
            workingDirectory: folder, input: [], timeLimit: timeLimit)
    }

    // MARK: Failures

    private static let interrupted = "was interrupted"

    private func failure(
        _ program: String, _ result: Result<CommandResult, CommandFailure>
    ) -> ProvisioningFailure? {
        switch result {
        case .failure(let failure): return PostgresProgram.failure(program, failure)
        case .success(let result):
            switch result.end {
            case .exited(0): return nil
            case .exited(let code):
                return PostgresProgram.failure(program, code: code, errorTail: result.errorTail)
            case .killed, .cancelled: return .transient("\(program) \(Self.interrupted)")
            case .timedOut: return .permanent("\(program) did not end within the window (MOVE_WINDOW_SECONDS)")
            case .tooMuchOutput: return .transient("\(program) wrote too much to standard output")
            }
        }
    }

    /// A new folder that only this user can enter.
    private static func makeFolder() -> String? {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/arc-move-XXXXXX".utf8CString)
        return template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let address = buffer.baseAddress, mkdtemp(address) != nil else { return nil }
            return String(cString: address)
        }
    }
}
