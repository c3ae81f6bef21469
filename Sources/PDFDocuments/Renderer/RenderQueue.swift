import CProcess
import Logging
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Documents that wait for a process, and the threads that feed the processes.
///
/// A pipe holds one byte for each job, so that idle threads wait for jobs and for the end of their process in one `poll`.
final class RenderQueue: Sendable {
    /// A document that waits.
    struct Job {
        let id: UInt64
        let request: [UInt8]
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Result<PDFRenderer.Output, PDFError>, Never>
    }

    private struct State {
        var waiting: [Job] = []
        var lastID: UInt64 = 0
        var threads = 0
        var running = 0
        var isStopped = false
        var processes: Set<Int32> = []
        /// Closed, and -1, once the queue is stopped.
        var announce: Int32
    }

    let configuration: PDFRendererConfiguration
    let logger: Logger
    /// Becomes readable when a job waits, and at its end when the queue is stopped.
    let announcements: Int32
    private let state: Mutex<State>

    init(configuration: PDFRendererConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        var pipe: [Int32] = [-1, -1]
        // Without descriptors every document fails, see `add`.
        _ = process_pipe(&pipe)
        for descriptor in pipe { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        announcements = pipe[0]
        state = Mutex(State(announce: pipe[1]))
    }

    deinit { if announcements >= 0 { close(announcements) } }

    /// Ids of the running processes.
    var processIdentifiers: [Int32] { state.withLock { $0.processes.sorted() } }

    var waitingCount: Int { state.withLock(\.waiting.count) }

    /// Waits for a process and for the document.
    func render(_ request: [UInt8]) async -> Result<PDFRenderer.Output, PDFError> {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = Job(
                    id: id, request: request, deadline: .now + configuration.waitingTimeout, continuation: continuation)
                if let error = add(job) { return continuation.resume(returning: .failure(error)) }
                // The handler below may have run before the job was there.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Fails all waiting documents and has the threads end.
    func stop() {
        let waiting = state.withLock { state -> [Job] in
            guard !state.isStopped else { return [] }
            state.isStopped = true
            if state.announce >= 0 { close(state.announce) }
            state.announce = -1
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in waiting { job.continuation.resume(returning: .failure(.stopped)) }
    }

    /// Takes the job that waits longest; nil if no job waits. Call ``finish(_:_:)`` afterwards.
    func take() -> Job? {
        let (job, late) = state.withLock { state -> (Job?, [Job]) in
            let now = ContinuousClock.now
            let late = Array(state.waiting.prefix { $0.deadline <= now })
            state.waiting.removeFirst(late.count)
            guard !state.waiting.isEmpty else { return (nil, late) }
            state.running += 1
            return (state.waiting.removeFirst(), late)
        }
        for job in late { job.continuation.resume(returning: .failure(.busy)) }
        return job
    }

    /// Hands a taken job's outcome to its caller.
    func finish(_ job: Job, _ outcome: Result<PDFRenderer.Output, PDFError>) {
        state.withLock { $0.running -= 1 }
        job.continuation.resume(returning: outcome)
    }

    /// Records that a process runs, or has ended.
    func record(_ processIdentifier: Int32, isRunning: Bool) {
        state.withLock { state in
            if isRunning {
                state.processes.insert(processIdentifier)
            } else {
                state.processes.remove(processIdentifier)
            }
        }
    }

    private func add(_ job: Job) -> PDFError? {
        let (error, needsThread) = state.withLock { state -> (PDFError?, Bool) in
            guard !state.isStopped else { return (.stopped, false) }
            // No thread would notice the job.
            guard state.announce >= 0 else {
                return (.cannotStart(program: configuration.executable, reason: "no file descriptors"), false)
            }
            guard state.waiting.count < configuration.queueLimit else { return (.busy, false) }
            state.waiting.append(job)
            var byte: UInt8 = 1
            // The pipe holds far more bytes than jobs may wait.
            _ = write(state.announce, &byte, 1)
            let needsThread =
                state.threads < configuration.processes && state.waiting.count + state.running > state.threads
            if needsThread { state.threads += 1 }
            return (nil, needsThread)
        }
        if needsThread, !RenderWorker.start(on: self) {
            let isLast = state.withLock { state in
                state.threads -= 1
                return state.threads == 0
            }
            // Nobody would ever take it.
            if isLast { remove(job.id, .cannotStart(program: configuration.executable, reason: "no thread")) }
        }
        return error
    }

    private func cancel(_ id: UInt64) { remove(id, .cancelled) }

    private func remove(_ id: UInt64, _ reason: PDFError) {
        let job = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        job?.continuation.resume(returning: .failure(reason))
    }
}
