import Synchronization

/// Something the reactor calls: when its socket is ready, and at regular times.
protocol ReactorClient: AnyObject, Sendable {
    /// The socket can be read or written.
    func ready(_ event: PollEvent)
    /// Some time has gone by: the place to look at deadlines. Called about every 100 ms.
    func tick(now: Int64)
}

/// One thread that waits for all sockets of the process's PostgreSQL connections, and looks at their deadlines.
///
/// Deadlines are found by a scan at each tick: with tens of connections that is cheaper than a timer per query.
final class Reactor: Sendable {
    /// The reactor of the process. It sleeps for good while it has no clients.
    static let shared = Reactor()

    /// How often deadlines are looked at.
    static let tickMilliseconds: Int32 = 100

    private struct State {
        var clients: [UInt64: any ReactorClient] = [:]
        var nextToken: UInt64 = 1
        var isRunning = false
    }

    private let poller: SystemPoller?
    private let state = Mutex(State())

    private init() {
        poller = SystemPoller()
    }

    /// Calls `client` from now on; with a descriptor also when it becomes readable.
    /// - Returns: The token for the other methods; `nil` when the system refuses.
    func register(_ client: any ReactorClient, descriptor: Int32? = nil) -> UInt64? {
        guard let poller, start() else { return nil }
        let token = state.withLock { state in
            let token = state.nextToken
            state.nextToken += 1
            state.clients[token] = client
            return token
        }
        if let descriptor, !poller.add(descriptor, token: token) {
            state.withLock { _ = $0.clients.removeValue(forKey: token) }
            return nil
        }
        poller.wake()
        return token
    }

    /// Ends the calls, except for one that is running. With a descriptor it must come before that is closed; where libpq
    /// has closed it already, the number may belong to another connection, and must not be passed.
    func deregister(_ token: UInt64, descriptor: Int32? = nil) {
        if let descriptor { poller?.remove(descriptor) }
        // The client may go with this; its deinit must not run inside our lock.
        let client = state.withLock { $0.clients.removeValue(forKey: token) }
        withExtendedLifetime(client) {}
    }

    /// Watches the socket for writing too, or no longer.
    func setWatchesWriting(_ watches: Bool, _ descriptor: Int32, token: UInt64) {
        poller?.setWatchesWriting(watches, descriptor, token: token)
    }

    private func start() -> Bool {
        state.withLock { state in
            if !state.isRunning { state.isRunning = BlockingThread.start { self.run() } }
            return state.isRunning
        }
    }

    private func run() {
        guard let poller else { return }
        var events: [PollEvent] = []
        var nextTick = MonotonicClock.now()
        while true {
            let hasClients = state.withLock { !$0.clients.isEmpty }
            poller.wait(milliseconds: hasClients ? Self.tickMilliseconds : -1, into: &events)
            for event in events {
                state.withLock { $0.clients[event.token] }?.ready(event)
            }
            let now = MonotonicClock.now()
            if now >= nextTick {
                nextTick = now + Int64(Self.tickMilliseconds) * 1_000_000
                for client in state.withLock({ Array($0.clients.values) }) { client.tick(now: now) }
            }
        }
    }
}
