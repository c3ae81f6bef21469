#if os(Linux)
import CLibpq
import Glibc

typealias SystemPoller = EpollPoller

/// Readiness by epoll, wake-up by an eventfd. Level-triggered: neither PQconsumeInput nor TLS promises to empty the
/// socket, so an edge could be missed.
final class EpollPoller: EventPoller {
    private static let wakeToken = UInt64.max
    private let epoll: Int32
    private let wakeDescriptor: Int32

    init?() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { return nil }
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0, add(wakeDescriptor, token: Self.wakeToken) else {
            close(epoll)
            if wakeDescriptor >= 0 { close(wakeDescriptor) }
            return nil
        }
    }

    deinit {
        close(epoll)
        close(wakeDescriptor)
    }

    func add(_ descriptor: Int32, token: UInt64) -> Bool {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: token))
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    func setWatchesWriting(_ watches: Bool, _ descriptor: Int32, token: UInt64) {
        let events = watches ? EPOLLIN.rawValue | EPOLLOUT.rawValue : EPOLLIN.rawValue
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        _ = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event)
    }

    func remove(_ descriptor: Int32) {
        var event = epoll_event()
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    func wait(milliseconds: Int32, into events: inout [PollEvent]) {
        events.removeAll(keepingCapacity: true)
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { buffer in
            let count = epoll_wait(epoll, buffer.baseAddress, Int32(buffer.count), milliseconds)
            guard count > 0 else { return }
            for event in buffer[..<Int(count)] {
                guard event.data.u64 != Self.wakeToken else {
                    var counter: UInt64 = 0
                    _ = read(wakeDescriptor, &counter, MemoryLayout<UInt64>.size)
                    continue
                }
                // An error or a hang-up shows itself when we read.
                let isReadable = event.events & ~EPOLLOUT.rawValue != 0
                let isWritable = event.events & EPOLLOUT.rawValue != 0
                events.append(PollEvent(token: event.data.u64, isReadable: isReadable, isWritable: isWritable))
            }
        }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
    }
}
#endif
