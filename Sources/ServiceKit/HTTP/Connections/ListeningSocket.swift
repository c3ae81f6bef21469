import CProcess
import NIOCore
import Synchronization

/// The socket on which a server accepts connections.
final class ListeningSocket: Sendable {
    /// How long it may take until all connections that have begun are accepted.
    static let patience = Duration.seconds(2)
    /// Longer than a handshake that has begun needs for its end.
    private static let pause = Duration.milliseconds(100)

    private let channel = Mutex<(any Channel)?>(nil)

    /// The server listens.
    func opened(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

    /// Keeps new connections out and waits until those that have begun are accepted, so that none is reset when the socket is closed:
    /// its client could not know whether what it has sent was processed. Where the system cannot do that, this does nothing.
    func empty() async {
        guard let channel = channel.withLock({ $0 }), await Self.refuse(channel) else { return }
        let end = ContinuousClock.now.advanced(by: Self.patience)
        repeat {
            do { try await Task.sleep(for: Self.pause, clock: .continuous) } catch { return }
        } while await Self.pending(channel) > 0 && ContinuousClock.now < end
    }

    private static func refuse(_ channel: any Channel) async -> Bool {
        await descriptor(of: channel) { process_refuse_connections($0) == 0 } ?? false
    }

    private static func pending(_ channel: any Channel) async -> Int32 {
        await descriptor(of: channel) { process_pending_connections($0) } ?? 0
    }

    /// Runs a body with the descriptor, which cannot be closed meanwhile; nil once it is closed.
    private static func descriptor<Value: Sendable>(
        of channel: any Channel, _ body: @escaping @Sendable (Int32) -> Value
    ) async -> Value? {
        let value = channel.eventLoop.submit { () -> Value? in
            guard channel.isActive else { return nil }
            return try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { body($0) }
        }
        return try? await value.get()
    }
}
