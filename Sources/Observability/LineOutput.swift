import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes lines to a file descriptor on a separate thread, so that a slow reader of the log never blocks a request.
///
/// Lines wait in a bounded buffer. When the reader is so slow that the buffer is full, lines are dropped and counted,
/// and the count is written as a separate line when there is room again. The first line after a pause is written at once, those
/// behind it together: waking the thread and writing for each line cost a busy service more than making the line.
package final class LineOutput: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var dropped = 0
        var isWriting = false
        var isThreadStarted = false
        /// Whether the thread has to be woken.
        var isWaiting = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    private let capacity: Int
    private let wakeUp: WakeUp
    private let readable = Atomic(false)

    /// The process's standard output, shared by everything that logs.
    package static let standardOutput = LineOutput(descriptor: STDOUT_FILENO)

    /// - Parameters:
    ///   - descriptor: An open file descriptor; it is not closed.
    ///   - capacity: Bytes that may wait (4 MiB by default).
    package init(descriptor: Int32, capacity: Int = 4 << 20) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.wakeUp = WakeUp()
    }

    /// Whether lines are written as people read them instead of as JSON (`LOG_FORMAT=text`).
    package var isReadable: Bool {
        get { readable.load(ordering: .relaxed) }
        set { readable.store(newValue, ordering: .relaxed) }
    }

    /// Appends a line; the line break is added here. Never blocks.
    package func write(line: [UInt8]) {
        let line = isReadable ? Array(ReadableLogLine.text(of: String(decoding: line, as: UTF8.self)).utf8) : line
        let action: (start: Bool, signal: Bool) = state.withLock { state in
            guard state.pending.count + line.count < capacity else {
                state.dropped += 1
                return (false, false)
            }
            state.pending.append(contentsOf: line)
            state.pending.append(UInt8(ascii: "\n"))
            let (start, signal) = (!state.isThreadStarted, state.isWaiting)
            state.isThreadStarted = true
            state.isWaiting = false
            return (start, signal)
        }
        if action.start { startThread() }
        if action.signal { wakeUp.signal() }
    }

    /// Waits, at most `attempts` milliseconds, until everything written so far has left the process. For shutdown.
    package func flush(attempts: Int = 500) {
        for _ in 0..<attempts {
            let isDone = state.withLock { $0.pending.isEmpty && !$0.isWriting }
            if isDone { return }
            usleep(1_000)
        }
    }

    private func startThread() {
        // The thread lives as long as the process: there is one for standard output, and tests' ones are few.
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        #if canImport(Glibc)
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<LineOutput>.fromOpaque(argument).takeRetainedValue().drain()
                return nil
            }, box.toOpaque())
        #else
        var optional: pthread_t?
        let status = pthread_create(
            &optional, nil,
            { argument in
                Unmanaged<LineOutput>.fromOpaque(argument).takeRetainedValue().drain()
                return nil
            }, box.toOpaque())
        if let optional { thread = optional }
        #endif
        if status == 0 { pthread_detach(thread) } else { box.release() }
    }

    private func drain() {
        var chunk: [UInt8] = []
        while true {
            // The buffers take turns, so that lines are not copied while they grow.
            if chunk.capacity > Self.keptCapacity { chunk = [] } else { chunk.removeAll(keepingCapacity: true) }
            state.withLock { state in
                swap(&chunk, &state.pending)
                if state.dropped > 0 {
                    chunk.append(
                        contentsOf: Array("{\"level\":\"warning\",\"droppedLogLines\":\(state.dropped)}\n".utf8))
                    state.dropped = 0
                }
                state.isWriting = !chunk.isEmpty
                state.isWaiting = chunk.isEmpty
            }
            if chunk.isEmpty {
                wakeUp.wait()
                continue
            }
            write(chunk)
            state.withLock { $0.isWriting = false }
            usleep(Self.collectingMicroseconds)
        }
    }

    /// How long lines are collected after some were written.
    private static let collectingMicroseconds: UInt32 = 10_000
    /// Buffers that have grown larger are given back.
    private static let keptCapacity = 256 << 10

    private func write(_ chunk: [UInt8]) {
        chunk.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                guard let base = bytes.baseAddress else { return }
                #if canImport(Glibc)
                let written = Glibc.write(descriptor, base + offset, bytes.count - offset)
                #else
                let written = Darwin.write(descriptor, base + offset, bytes.count - offset)
                #endif
                if written > 0 {
                    offset += written
                } else if written < 0 && (errno == EINTR || errno == EAGAIN) {
                    if errno == EAGAIN { usleep(1_000) }
                } else {
                    return  // the reader has gone: nothing sensible can be done with the line
                }
            }
        }
    }
}

/// A counting wake-up for one waiting thread.
///
/// `@unchecked Sendable`: a semaphore is made for use by several threads, and its address never changes.
private final class WakeUp: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func signal() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) == -1 && errno == EINTR {}
    }
}
