import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A program to run, and its bounds.
struct Command: Sendable {
    /// The program, by absolute path, and its arguments. No shell is involved.
    var arguments: [String]
    /// The complete environment; nothing is inherited.
    var environment: [String: String]
    /// Folder to start in; nil for this process' own.
    var workingDirectory: String?
    /// What the program reads on standard input.
    var input: [UInt8]
    /// After this time the program and its process group are ended.
    var timeLimit: Duration
    /// Time between SIGTERM and SIGKILL.
    var graceTime: Duration = .seconds(5)
    /// Most bytes of standard output; a program that writes more is ended.
    var maximumOutput = 256 * 1024
    /// Takes standard output as it comes, however much it is; a program that is faster waits. Nil to collect it for the result.
    var outputChannel: OutputChannel?
}

/// How a program ended.
struct CommandResult: Sendable {
    /// The kinds of end.
    enum End: Sendable, Hashable {
        case exited(code: Int32)
        case killed(signal: Int32)
        case timedOut
        case cancelled
        case tooMuchOutput
    }

    /// Why it ended.
    let end: End
    /// What it wrote to standard output.
    let output: [UInt8]
    /// The last bytes that it wrote to standard error.
    let errorTail: [UInt8]
}

/// The program could not be started.
struct CommandFailure: Error, Sendable, Hashable {
    /// `errno` of the step that failed.
    let code: Int32
}

/// Runs programs, each watched by a separate thread, so that no thread of the cooperative pool waits.
enum CommandRunner {
    /// Runs the program to its end. When the task is canceled, the program and its process group are ended first.
    static func run(_ command: Command) async throws(CommandFailure) -> CommandResult {
        let isCancelled = CancellationFlag()
        let result: Result<CommandResult, CommandFailure> = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let job = Job {
                    defer { command.outputChannel?.finish() }
                    var child = ChildProcess(command)
                    continuation.resume(returning: child.run { isCancelled.value.load(ordering: .relaxed) })
                }
                let code = start(job)
                guard code != 0 else { return }
                command.outputChannel?.finish()
                continuation.resume(returning: .failure(CommandFailure(code: code)))
            }
        } onCancel: {
            isCancelled.value.store(true, ordering: .relaxed)
        }
        return try result.get()
    }

    private final class CancellationFlag: Sendable {
        let value = Atomic(false)
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that nobody joins. Returns 0 or `errno`; the body is not run then.
    private static func start(_ job: Job) -> Int32 {
        let context = Unmanaged.passRetained(job)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                // A child that closes its input must not end this process by SIGPIPE.
                var brokenPipe = sigset_t()
                sigemptyset(&brokenPipe)
                sigaddset(&brokenPipe, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &brokenPipe, nil)
                Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        if code == 0 { pthread_detach(thread) } else { context.release() }
        return code
    }
}
