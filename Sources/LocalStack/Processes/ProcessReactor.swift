private import CProcess
private import Glibc
private import Synchronization

/// One thread that starts children, reads their output and reaps them.
///
/// It lives as long as the program: the kernel's parent-death signal goes out when the *thread* that forked ends, so
/// no pool thread may fork. And no cooperative thread ever waits for a child.
package final class ProcessReactor: Sendable {
    /// The one reactor of the program.
    package static let shared = ProcessReactor()

    /// Most bytes of `ProcessCommand.input`: what a pipe holds on every system, so that writing it never blocks.
    package static let maximumInput = 16 * 1024

    /// Receives every line of a child's output, on the reactor's thread.
    package typealias LineHandler = @Sendable (ProcessOutput, ArraySlice<UInt8>) -> Void

    private typealias Job = @Sendable (inout ProcessLoop) -> Void

    private let jobs = Mutex<[Job]>([])
    private let wakeUp: (read: Int32, write: Int32)

    private init() {
        var descriptors: [Int32] = [-1, -1]
        // Without descriptors the first spawn reports EMFILE; there is nothing better to do here.
        _ = process_pipe(&descriptors)
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        wakeUp = (descriptors[0], descriptors[1])
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<ProcessReactor>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if failure == 0 { pthread_detach(thread) } else { box.release() }
    }

    /// Starts a child.
    /// - Parameter onLine: gets every line of its output until both outputs are closed.
    package func spawn(
        _ command: ProcessCommand, onLine: @escaping LineHandler
    ) async throws(LocalStackError) -> ChildProcess {
        guard command.input.count <= Self.maximumInput else {
            throw .cannotStart(program: command.executable, reason: "its standard input is too long")
        }
        let result: Result<ChildProcess, LocalStackError> = await withCheckedContinuation { continuation in
            submit { loop in continuation.resume(returning: loop.start(command, onLine: onLine)) }
        }
        return try result.get()
    }

    private func submit(_ job: @escaping Job) {
        jobs.withLock { $0.append(job) }
        var byte: UInt8 = 1
        _ = write(wakeUp.write, &byte, 1)  // a full pipe means that a wake-up is already due
    }

    private func run() {
        var loop = ProcessLoop(wakeUp: wakeUp.read)
        while true {
            let due = jobs.withLock { jobs -> [Job] in
                defer { jobs = [] }
                return jobs
            }
            for job in due { job(&loop) }
            loop.wait()
        }
    }
}
