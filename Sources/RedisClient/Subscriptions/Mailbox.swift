import DequeModule
import Synchronization

/// A bounded queue between the event loop and one consumer. When it is full its content is replaced by what
/// `collapse` makes of it, so a slow consumer costs no memory and still learns that it missed something.
final class Mailbox<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: Deque<Element> = []
        var waiter: CheckedContinuation<Element?, Never>?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let collapse: @Sendable (Deque<Element>) -> [Element]

    init(capacity: Int = 1024, collapse: @escaping @Sendable (Deque<Element>) -> [Element]) {
        self.capacity = capacity
        self.collapse = collapse
    }

    func post(_ element: Element) {
        let waiter = state.withLock { state -> CheckedContinuation<Element?, Never>? in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter.take() { return waiter }
            state.elements.append(element)
            if state.elements.count > capacity { state.elements = Deque(collapse(state.elements)) }
            return nil
        }
        waiter?.resume(returning: element)
    }

    /// Ends the stream behind what is still queued.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }?.resume(returning: nil)
    }

    /// The next element; nil at the end, when the task is canceled, and for a second consumer.
    private func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDone, element) = state.withLock { state -> (Bool, Element?) in
                    if let element = state.elements.popFirst() { return (true, element) }
                    if state.isFinished || state.waiter != nil || Task.isCancelled { return (true, nil) }
                    state.waiter = continuation
                    return (false, nil)
                }
                if isDone { continuation.resume(returning: element) }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(returning: nil)
        }
    }

    /// The consumer's side. `onTermination` runs once, when the stream has ended or is dropped.
    func stream(onTermination: @escaping @Sendable () -> Void) -> AsyncStream<Element> {
        let token = TerminationToken(onTermination)
        return AsyncStream {
            await withExtendedLifetime(token) { self }.next()
        }
    }
}

/// Runs a closure when nobody holds it any more.
private final class TerminationToken: Sendable {
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) { self.action = action }

    deinit { action() }
}
