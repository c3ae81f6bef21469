import NIOCore
import Synchronization

/// A connection among all that are open.
final class OpenConnection: Sendable {
    /// The connection whose requests the current task handles.
    @TaskLocal static var current: OpenConnection?

    /// Time that a read gets after its client has closed its side of the connection. Such a client may still wait for the
    /// response, or has disconnected; both look the same until something is written to it.
    static let patience = TimeAmount.milliseconds(250)

    private struct Handling {
        var task: HandlingTask?
        var reads = 0
        var isReading = false
        var isInputClosed = false

        /// Cancels the read if it is still running. With the lock held, so that the task cannot go on to a change meanwhile.
        func cancel(read: Int) {
            if isReading, reads == read { task?.task.cancel() }
        }
    }

    /// `@unchecked Sendable`: used only under the lock and while the task runs, and a task may be canceled on any thread.
    private struct HandlingTask: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    let channel: any Channel
    /// The peer's network if its connections are counted; nil for trusted proxies.
    let network: String?
    /// Position in the order in which connections were accepted.
    let number: UInt64
    private let waiting = Atomic(true)
    private let handling = Mutex(Handling())

    init(channel: any Channel, network: String?, number: UInt64) {
        self.channel = channel
        self.network = network
        self.number = number
    }

    /// Whether no request is being answered: the head of the next one has not arrived completely.
    var isWaiting: Bool {
        get { waiting.load(ordering: .relaxed) }
        set { waiting.store(newValue, ordering: .relaxed) }
    }

    /// Closes the connection at once; what it still had to send is lost.
    func drop() { channel.close(promise: nil) }

    // MARK: Reads whose client disconnects

    /// Handles the requests of the connection, all of them in the current task.
    func handlingRequests(_ body: () async -> Void) async {
        withUnsafeCurrentTask { task in
            let task = task.map { HandlingTask(task: $0) }
            handling.withLock { $0.task = task }
        }
        defer { handling.withLock { $0.task = nil } }
        await Self.$current.withValue(self) { await body() }
    }

    /// Runs a request that changes nothing. It is canceled when its client disconnects, so that the database does not work
    /// in vain: cancellation reaches PostgreSQL as a request to cancel the statement.
    ///
    /// Changes must not run in here. They always go on to their end, with everything that follows their commit.
    func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        let (read, isInputClosed) = handling.withLock { handling in
            handling.reads += 1
            handling.isReading = true
            return (handling.reads, handling.isInputClosed)
        }
        defer { handling.withLock { $0.isReading = false } }
        if isInputClosed { cancelLater(read) }
        return try await body()
    }

    /// The client sends nothing more.
    func inputClosed() {
        let read = handling.withLock { handling in
            handling.isInputClosed = true
            return handling.isReading ? handling.reads : nil
        }
        if let read { cancelLater(read) }
    }

    /// The client has disconnected.
    func closed() {
        handling.withLock { handling in
            handling.isInputClosed = true
            handling.cancel(read: handling.reads)
        }
    }

    private func cancelLater(_ read: Int) {
        channel.eventLoop.scheduleTask(in: Self.patience) { [self] in
            handling.withLock { $0.cancel(read: read) }
        }
    }
}
