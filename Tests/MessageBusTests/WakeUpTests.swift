import Testing

@testable import MessageBus

@Suite("Wake-up", .timeLimit(.minutes(5)))
struct WakeUpTests {
    @Test("rung before the sleep it lets the next one pass, once")
    func before() async {
        let bell = WakeUp()
        bell.signal()
        bell.signal()
        await bell.wait(atMost: .seconds(3600))
        let sleeper = Task { await bell.wait(atMost: .seconds(3600)) }
        try? await Task.sleep(for: .milliseconds(20))
        bell.signal()
        await sleeper.value
    }

    @Test("loses no signal among many sleepers and ringers")
    func many() async {
        let bell = WakeUp()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<500 { await bell.wait(atMost: .seconds(3600)) } }
            group.addTask {
                while !Task.isCancelled {
                    bell.signal()
                    await Task.yield()
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    @Test("a time that is over before the sleep begins ends it all the same")
    func shortTimes() async {
        let bell = WakeUp()
        for _ in 0..<2000 { await bell.wait(atMost: .nanoseconds(1)) }
    }

    @Test("ends with the time and with the task")
    func ends() async {
        let bell = WakeUp()
        await bell.wait(atMost: .milliseconds(1))
        await bell.wait(atMost: .zero)
        let sleeper = Task { await bell.wait(atMost: .seconds(3600)) }
        sleeper.cancel()
        await sleeper.value
        let late = Task {
            try? await Task.sleep(for: .seconds(3600))
            await bell.wait(atMost: .seconds(3600))
        }
        late.cancel()
        await late.value
    }
}
