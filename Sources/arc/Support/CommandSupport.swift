import ArgumentParser
import Configuration
import ConfigurationChecks
import LocalStack
import Logging
import Observability
import Primitives
import ServiceKit
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A check or step that failed, in words for the terminal.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
}

/// What the commands share.
enum CommandSupport {
    /// The environment of the process.
    static let environment = ProcessEnvironment.current()

    /// Ends the command if the current folder was deleted: `.env` files are read from it.
    /// - Parameter command: Its name, for the message.
    static func checkCurrentFolder(for command: String) throws {
        do throws(LocalStackError) { _ = try FileSystem.currentFolder() } catch { throw fail(command, error) }
    }

    /// The settings of this process, if its environment or a `.env` file names a database; nil otherwise.
    /// - Parameter command: Its name, for the message when the current folder was deleted; the command ends then.
    static func settingsWithDatabase(for command: String) throws -> ConfigReader? {
        try checkCurrentFolder(for: command)
        let reader = try EnvironmentReader.make(environment: environment)
        return reader.text("db.database") == nil ? nil : reader
    }

    /// The stack that `arc up` has created in `$ARC_HOME`; nil before that.
    /// - Parameter command: Its name, for the message when a path cannot be used; the command ends then.
    static func stack(for command: String) throws -> (home: StackHome, environment: StackEnvironment)? {
        do throws(LocalStackError) {
            let home = StackHome(path: environment["ARC_HOME"], currentFolder: try FileSystem.currentFolder())
            guard let text = try FileSystem.read(home.stateFile) else { return nil }
            let state = try StackState(text: text, path: home.stateFile)
            return (
                home,
                StackEnvironment(
                    inherited: environment, state: state, outboxFolder: home.outboxFolder, explorerAssets: nil)
            )
        } catch {
            throw fail(command, error)
        }
    }

    /// Lines on standard output, as services log.
    static func bootstrapServiceLogging() {
        // What is wrong with the files is said later, in the log.
        let present = try? EnvironmentReader.make(environment: environment)
        let alone = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let settings = LogSettings(present ?? alone)
        SharedLogLevel.process.use(settings.level)
        LineOutput.standardOutput.isReadable = settings.isReadable
        let sampler = LogSampler(limit: settings.repeatLimit)
        serviceSampler.withLock { $0 = sampler }
        LoggingSystem.bootstrap { label in
            var handler = JSONLogHandler(label: label, level: .process, sampler: sampler)
            handler.metadataProvider = LogContext.provider
            return handler
        }
        let logger = Logger(label: "arc")
        for problem in settings.problems {
            logger.warning(
                "Ignored a setting of the log",
                metadata: ["variable": "\(problem.variable)", "reason": "\(problem.reason)"])
        }
    }

    private static let serviceSampler = Mutex<LogSampler?>(nil)

    /// Writes what the log still has to say, and waits until it has left the process.
    static func endServiceLogging() {
        for summary in serviceSampler.withLock({ $0 })?.takeSummaries() ?? [] {
            JSONLogHandler.write(summary, at: SystemClock().now())
        }
        LineOutput.standardOutput.flush()
    }

    /// Logs errors to standard error only, because standard output belongs to the command.
    static func bootstrapQuietLogging() {
        LoggingSystem.bootstrap { label in
            JSONLogHandler(label: label, level: .error, output: LineOutput(descriptor: STDERR_FILENO))
        }
    }

    /// Runs the body, and closes what it has used, even if it fails.
    static func closing<Value>(
        _ close: () async -> Void, _ body: () async throws -> Value
    ) async throws -> Value {
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        await close()
        return try outcome.get()
    }

    /// Prints a line on standard output, unbuffered.
    static func printLine(_ text: String) { _ = FileSystem.writeAll(STDOUT_FILENO, Array("\(text)\n".utf8)) }

    /// Prints text on standard output that has its line breaks already.
    static func printText(_ text: String) { _ = FileSystem.writeAll(STDOUT_FILENO, Array(text.utf8)) }

    /// Prints a line on standard error.
    static func printError(_ text: String) { _ = FileSystem.writeAll(STDERR_FILENO, Array("\(text)\n".utf8)) }

    /// Prints why the command fails.
    /// - Returns: The exit status 1, to be thrown.
    static func fail(_ text: String) -> ExitCode {
        printError(text)
        return .failure
    }

    /// Prints why the command fails.
    /// - Returns: The error's exit status, to be thrown.
    static func fail(_ command: String, _ error: LocalStackError) -> ExitCode {
        printError("\(command): \(error)")
        return ExitCode(error.exitStatus)
    }
}
