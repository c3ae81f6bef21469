/// A socket that has something for us.
struct PollEvent {
    /// What the socket was registered with.
    let token: UInt64
    let isReadable: Bool
    let isWritable: Bool
}

/// What the reactor needs of the operating system: level-triggered readiness of sockets.
///
/// Everything that is Linux stands behind this, in `EpollPoller.swift`; a kqueue version takes the same six methods.
protocol EventPoller: Sendable {
    /// Makes a poller; `nil` when the system has no descriptors left.
    init?()
    /// Watches a socket for reading. Effective at once, also while another thread is in `wait`.
    func add(_ descriptor: Int32, token: UInt64) -> Bool
    /// Watches the socket for writing too, or no longer.
    func setWatchesWriting(_ watches: Bool, _ descriptor: Int32, token: UInt64)
    /// Ends watching; to be called before the descriptor is closed.
    func remove(_ descriptor: Int32)
    /// Waits for events or the time-out (milliseconds, -1: none) and replaces `events` by them.
    func wait(milliseconds: Int32, into events: inout [PollEvent])
    /// Ends a `wait` of another thread.
    func wake()
}
