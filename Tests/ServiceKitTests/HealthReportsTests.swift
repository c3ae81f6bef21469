import Synchronization
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(20))) struct HealthReportsTests {
    @Test func `who asks at the same time shares a run of the checks, and who asks later gets a new one`() async {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let runs = Atomic(0)
        let reports = HealthReports([
            HealthCheck(
                "held", isRequired: true,
                state: {
                    runs.add(1, ordering: .relaxed)
                    for await _ in gate { break }
                    return .up
                })
        ])
        let first = reports.run()
        let second = reports.run()
        #expect(first == second)
        open.finish()
        #expect(await first.value.checks.count == 1)
        let third = reports.run()
        #expect(third != first)
        _ = await third.value
        #expect(runs.load(ordering: .relaxed) == 2)
    }
}
