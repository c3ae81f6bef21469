import Logging
import ServiceLifecycle

/// The first part of the end of a service, while its server still accepts connections and answers everything: load balancers see
/// that it is not ready, and clients move to new connections one after the other. A connection that is closed while it is idle may
/// meet a request that is on its way; one that is closed with a response cannot.
///
/// It is the last service of its group, because a group ends the last one first.
struct Draining: Service {
    let state: DrainState
    /// How long load balancers need to notice; zero: nobody has to.
    let time: Duration
    let listener: ListeningSocket
    let logger: Logger

    /// The most that ``ListeningSocket/empty()`` adds.
    static let reserve = ListeningSocket.patience + .seconds(1)

    func run() async throws {
        do { try await gracefulShutdown() } catch { return }
        state.begin()
        guard time > .zero else { return }
        logger.notice("Draining", metadata: ["seconds": "\(time.components.seconds)"])
        do { try await Task.sleep(for: time, clock: .continuous) } catch { return }
        await listener.empty()
    }
}
