import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20))) struct PeriodicWorkTests {
    @Test func `periodic work continues until it is ended`() async {
        let rounds = Atomic(0)
        let (stream, rounded) = AsyncStream.makeStream(of: Int.self)
        let work = Task {
            await PeriodicWork.run("test", every: .milliseconds(1)) {
                rounded.yield(rounds.add(1, ordering: .relaxed).newValue)
            }
        }
        #expect(await stream.first { $0 == 3 } == 3)
        work.cancel()
        await work.value
    }

    /// The end does not wait for the pause, and what has not begun does not begin.
    @Test func `a shutdown ends the pause`() async {
        let rounds = Atomic(0)
        let work = Task {
            await PeriodicWork.run("test", every: .seconds(3600), after: .seconds(3600)) {
                rounds.add(1, ordering: .relaxed)
            }
        }
        work.cancel()
        await work.value
        #expect(rounds.load(ordering: .relaxed) == 0)
    }
}
