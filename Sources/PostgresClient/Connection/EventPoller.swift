/// A socket that is ready.
struct PollEvent {
    /// What the socket was registered with.
    let token: UInt64
    let isReadable: Bool
    let isWritable: Bool
}

/// What the reactor needs of the operating system: level-triggered readiness of sockets.
///
/// All code that is specific to Linux is in `EpollPoller.swift`; a version with kqueue needs the same six methods.
protocol EventPoller: Sendable {
    /// Makes a poller; `nil` when the system has no descriptors left.
    init?()
    /// Watches a socket for reading. Effective at once, also while another thread is in `wait`.
    func add(_ descriptor: Int32, token: UInt64) -> Bool
    /// Watches the socket for writing too, or no longer.
    func setWatchesWriting(_ watches: Bool, _ descriptor: Int32, token: UInt64)
    /// Ends watching; to be called before the descriptor is closed.
    func remove(_ descriptor: Int32)
    /// Waits for events or the timeout (milliseconds, -1: none) and replaces `events` with them.
    func wait(milliseconds: Int32, into events: inout [PollEvent])
    /// Ends a `wait` of another thread.
    func wake()
}
