package import ServiceKit
import ServiceLifecycle
import TestSupport

/// A service that runs in this process.
package struct RunningService: Sendable {
    /// Where it listens.
    package let port: Int
    /// What it is.
    package let service: HTTPService
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// Starts a service and waits until it listens.
    package static func start(_ service: HTTPService) async throws -> RunningService {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        // A group around the service's own, so that it can be asked to end as by a signal.
        let running = Running(service: service) { continuation.yield($0) }
        // With a name: the description of a whole service takes longer than its start.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: running, serviceName: "service")], logger: testLogger))
        let task = Task {
            defer { continuation.finish() }
            try await group.run()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await task.value
            throw TestFailure("the service ended before it listened")
        }
        return RunningService(port: port, service: service, group: group, task: task)
    }

    /// Calls it.
    package var client: TestHTTPClient { TestHTTPClient(port: port) }

    /// Ends it in an orderly way, as SIGTERM does, and waits until it has ended. The service itself bounds the time.
    package func stop() async {
        await beginToStop()
        _ = try? await task.value
    }

    /// Does what SIGTERM does, and does not wait for the end.
    package func beginToStop() async { await group.triggerGracefulShutdown() }

    /// Ends it at once, also while it is ending, and waits until it has ended.
    package func cancel() async {
        task.cancel()
        _ = try? await task.value
    }

    private struct Running: Service {
        let service: HTTPService
        let onListening: @Sendable (Int) async -> Void

        func run() async throws { try await service.run(signals: [], onListening: onListening) }
    }
}
