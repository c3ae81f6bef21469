import NIOCore

/// Runs the tasks of a connection on the connection's event loop.
///
/// A request that arrives in one piece and is answered from memory stays on one thread: without this it changes to a thread of
/// the pool for tasks and back, which costs more than handling it. Work that blocks does not belong on either kind of thread.
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
