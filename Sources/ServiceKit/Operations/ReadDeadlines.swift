import NIOCore
import ServiceLifecycle
import Synchronization

/// Closes connections whose client does not deliver a request's body in time.
///
/// One sweep a second over the requests that are being read, in place of a timer and two tasks for each of them, which
/// cost more than the reading. Everything else that a request waits for (PostgreSQL, Redis, other services) has a
/// deadline of its own.
package final class ReadDeadlines: Service {
    private struct Entry {
        let deadline: ContinuousClock.Instant
        let channel: any Channel
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())
    private let timeout: Duration

    /// - Parameter timeout: Time for a whole body.
    package init(timeout: Duration) { self.timeout = timeout }

    /// Reads within the deadline.
    /// - Throws: ``HTTPFailure/timedOut`` after the connection was closed for being late, else what the reading throws.
    func read<Value>(_ channel: any Channel, _ body: () async throws -> Value) async throws -> Value {
        let deadline = ContinuousClock.now + timeout
        let number = state.withLock { state in
            state.next += 1
            state.entries[state.next] = Entry(deadline: deadline, channel: channel)
            return state.next
        }
        do {
            let value = try await body()
            state.withLock { $0.entries[number] = nil }
            return value
        } catch {
            let wasClosed = state.withLock { $0.entries.removeValue(forKey: number) == nil }
            throw wasClosed ? HTTPFailure.timedOut : error
        }
    }

    /// Sweeps until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                self.sweep(now: .now)
            }
        }
    }

    private func sweep(now: ContinuousClock.Instant) {
        let late: [any Channel] = state.withLock { state in
            let late = state.entries.filter { $0.value.deadline < now }
            for number in late.keys { state.entries[number] = nil }
            return late.values.map(\.channel)
        }
        for channel in late { channel.close(promise: nil) }
    }
}
