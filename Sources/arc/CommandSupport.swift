import ArgumentParser
import LocalStack
import Logging
import Observability

#if canImport(Glibc)
import Glibc
#endif

/// What the commands share.
enum CommandSupport {
    /// The environment of the process.
    static let environment = ProcessEnvironment.current()

    /// The stack that `arc up` has made in `$ARC_HOME`; nil when there is none.
    static func stack() throws -> (home: StackHome, environment: StackEnvironment)? {
        let folder = FileSystem.currentFolder()
        let home = StackHome(path: environment["ARC_HOME"], currentFolder: folder)
        guard let text = try FileSystem.read(home.stateFile) else { return nil }
        let state = try StackState(text: text, path: home.stateFile)
        return (
            home,
            StackEnvironment(
                inherited: environment, state: state, outboxFolder: home.outboxFolder, explorerAssets: nil)
        )
    }

    /// JSON lines on standard output, as services log.
    static func bootstrapJSONLogging() {
        let level = environment["LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? .info
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
    }

    /// Nothing on standard output, which belongs to the command's own words; problems on standard error.
    static func bootstrapQuietLogging() {
        LoggingSystem.bootstrap { label in
            JSONLogHandler(label: label, level: .error, output: LineOutput(descriptor: STDERR_FILENO))
        }
    }

    /// A line on the terminal, at once.
    static func say(_ text: String) { _ = FileSystem.writeAll(STDOUT_FILENO, Array("\(text)\n".utf8)) }

    /// A line on standard error.
    static func complain(_ text: String) { _ = FileSystem.writeAll(STDERR_FILENO, Array("\(text)\n".utf8)) }

    /// Says why the command fails, and ends it with status 1.
    static func fail(_ text: String) -> ExitCode {
        complain(text)
        return .failure
    }
}
