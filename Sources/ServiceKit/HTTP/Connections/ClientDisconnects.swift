import NIOCore
import Synchronization

/// Cancels reads whose client is gone, so that the database does not work for nobody. Cancellation reaches PostgreSQL as a
/// request to cancel the statement.
///
/// Only requests that change nothing are canceled: a change goes on to its end, with all that follows its commit.
final class ClientDisconnects: Sendable {
    /// A client that has only closed its side of the connection may still wait for the answer; one that is gone looks the
    /// same until something is written to it. Quick answers are therefore given.
    static let patience = TimeAmount.milliseconds(250)

    private let tasks = Mutex<[ObjectIdentifier: RequestTask]>([:])

    /// `@unchecked Sendable`: used only while the task runs `cancelling`, and canceling a task is safe from any thread.
    private struct RequestTask: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    /// Runs the body; the current task is canceled when the connection's client goes away meanwhile.
    func cancelling<Value>(
        with channel: any Channel, _ body: () async throws -> Value
    ) async throws -> Value {
        let key = ObjectIdentifier(channel)
        withUnsafeCurrentTask { task in
            guard let task else { return }
            let entry = RequestTask(task: task)
            tasks.withLock { $0[key] = entry }
        }
        defer { tasks.withLock { $0[key] = nil } }
        return try await body()
    }

    private func cancel(_ channel: any Channel) {
        // Under the lock, so that the task cannot end meanwhile: it takes its entry out first.
        tasks.withLock { $0[ObjectIdentifier(channel)]?.task.cancel() }
    }

    /// A handler for the pipeline of a connection, to be added behind the HTTP decoder.
    func makeHandler() -> any RemovableChannelHandler { Handler(disconnects: self) }

    /// Sees the end of what the client sends. Reading goes on while a request is handled, so the end is noticed then.
    private final class Handler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny

        private let disconnects: ClientDisconnects

        init(disconnects: ClientDisconnects) { self.disconnects = disconnects }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed {
                // Holds the channel, so that no other one can have its identity then.
                let (channel, disconnects) = (context.channel, disconnects)
                context.eventLoop.scheduleTask(in: ClientDisconnects.patience) { disconnects.cancel(channel) }
            }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            disconnects.cancel(context.channel)
            context.fireChannelInactive()
        }
    }
}
