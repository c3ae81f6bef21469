import Testing

@testable import WorkQueue

@Suite(.timeLimit(.minutes(20)))
struct AsyncSignalTests {
    @Test func `a signal before the wait lets the next wait pass, once`() async {
        let signal = AsyncSignal()
        signal.signal()
        signal.signal()
        await signal.wait(atMost: .seconds(3600))
        // Both signals counted as one, so this wait lasts until its limit.
        let start = ContinuousClock.now
        await signal.wait(atMost: .milliseconds(50))
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func `no signal is lost among many waits and signals`() async {
        let signal = AsyncSignal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<500 { await signal.wait(atMost: .seconds(3600)) } }
            group.addTask {
                while !Task.isCancelled {
                    signal.signal()
                    await Task.yield()
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    @Test func `a limit that is over before the wait begins ends it all the same`() async {
        let signal = AsyncSignal()
        for _ in 0..<2000 { await signal.wait(atMost: .nanoseconds(1)) }
    }

    @Test func `a wait ends with its limit and with its task`() async {
        let signal = AsyncSignal()
        await signal.wait(atMost: .milliseconds(1))
        await signal.wait(atMost: .zero)
        let waiter = Task { await signal.wait(atMost: .seconds(3600)) }
        waiter.cancel()
        await waiter.value
        let late = Task {
            try? await Task.sleep(for: .seconds(3600))
            await signal.wait(atMost: .seconds(3600))
        }
        late.cancel()
        await late.value
    }
}
