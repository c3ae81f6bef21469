import CLibpq

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Threads for libpq's calls that block (connecting, canceling, migrations), so that they occupy none of the cooperative
/// pool.
///
/// A thread for each call: such calls are rare, and one that hangs in a name server delays no other.
enum BlockingThread {
    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a separate thread.
    /// - Returns: `false` when the system has no more threads; `body` is not run then.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Job(body))
        let result = arc_start_thread(
            { context in
                guard let context else { return nil }
                Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        if result != 0 { context.release() }
        return result == 0
    }

    /// Runs `body` on a separate thread and suspends until it returns; `nil` if the system has no more threads.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Value?, Never>) in
            if !start({ continuation.resume(returning: body()) }) { continuation.resume(returning: nil) }
        }
    }
}

/// Time that only goes forward, for deadlines.
enum MonotonicClock {
    /// Nanoseconds since some start.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
