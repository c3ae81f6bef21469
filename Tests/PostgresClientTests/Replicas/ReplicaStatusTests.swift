import Testing

@testable import PostgresClient

/// When a replica may answer, by what it and the primary have said.
@Suite struct ReplicaStatusTests {
    private let start = ContinuousClock.now
    private static let second = WritePosition(cluster: 1, timeline: 1, place: 200)

    private func progress(_ samples: [(seconds: Int, place: UInt64)], timeline: UInt32 = 1) -> PrimaryProgress {
        var progress = PrimaryProgress(horizon: .seconds(10))
        for (seconds, place) in samples {
            progress.record(timeline: timeline, place: place, at: start + .seconds(seconds))
        }
        return progress
    }

    private func status(
        replayed: UInt64?, system: Int64 = 1, timeline: UInt32 = 1, startedAt: Int64 = 5, _ progress: PrimaryProgress,
        at seconds: Int = 1
    ) -> ReplicaStatus {
        var status = ReplicaStatus()
        #expect(status.standing == .unknown)
        status.observe(
            ReplicaObservation(
                systemIdentifier: system, replayed: replayed, timeline: timeline, startedAt: startedAt),
            of: 1, progress: progress, maximumLag: .seconds(10), at: start + .seconds(seconds))
        return status
    }

    @Test func `lag is the age of the first thing that is missing`() {
        let progress = progress([(0, 100), (1, 200), (2, 300)])
        #expect(progress.lag(of: 300, at: start + .seconds(5)) == .zero)
        #expect(progress.lag(of: 999, at: start + .seconds(5)) == .zero)
        #expect(progress.lag(of: 250, at: start + .seconds(5)) == .seconds(3))
        #expect(progress.lag(of: 100, at: start + .seconds(5)) == .seconds(4))
        #expect(progress.lag(of: 99, at: start + .seconds(5)) == nil, "nobody knows since when")
        #expect(PrimaryProgress(horizon: .seconds(10)).lag(of: 0, at: start) == nil)
    }

    @Test func `what is missing since the last sample is as old as that sample`() {
        var progress = progress([(0, 100)])
        // Too close to the one before to be kept.
        progress.record(timeline: 1, place: 150, at: start + .milliseconds(1))
        #expect(progress.lag(of: 100, at: start + .seconds(2)) == .seconds(2))
        #expect(progress.lag(of: 150, at: start + .seconds(2)) == .zero)
    }

    @Test func `a long history keeps what shows a lag beyond the limit`() {
        var progress = PrimaryProgress(horizon: .seconds(10))
        for second in 0..<1000 { progress.record(timeline: 1, place: UInt64(second), at: start + .seconds(second)) }
        let now = start + .seconds(999)
        #expect(progress.lag(of: 998, at: now) == .seconds(0))
        #expect(progress.lag(of: 994, at: now) == .seconds(4))
        #expect(progress.lag(of: 980, at: now) == nil)
    }

    @Test func `a new timeline begins a new history`() {
        var progress = progress([(0, 100), (1, 200)])
        progress.record(timeline: 2, place: 150, at: start + .seconds(2))
        #expect(progress.lag(of: 100, at: start + .seconds(3)) == nil)
        #expect(progress.lag(of: 150, at: start + .seconds(3)) == .zero)
    }

    @Test func `a replica is left out for what it is, and for how far it is behind`() {
        let primary = progress([(0, 100), (1, 200)])
        #expect(status(replayed: 200, primary).standing == .usable)
        #expect(status(replayed: 100, primary, at: 11).standing == .usable)
        #expect(status(replayed: 100, primary, at: 12).standing == .lagging)
        #expect(status(replayed: 50, primary).standing == .lagging)
        #expect(status(replayed: nil, primary).standing == .promoted)
        #expect(status(replayed: 200, system: 2, primary).standing == .otherCluster)
        let promoted = progress([(0, 100)], timeline: 2)
        #expect(status(replayed: 500, timeline: 1, promoted).standing == .otherTimeline, "it follows the old primary")
        #expect(status(replayed: 500, timeline: 2, promoted).standing == .usable)
        var lost = status(replayed: 200, primary)
        lost.fail()
        #expect(lost.standing == .unreachable && lost.lag == nil && !lost.mayAnswer(Self.second))
    }

    @Test func `a replica may answer what it has replayed, and nothing of a later timeline`() {
        let usable = status(replayed: 200, progress([(0, 100), (1, 200)]))
        #expect(usable.mayAnswer(Self.second))
        #expect(usable.mayAnswer(WritePosition(cluster: 1, timeline: 0, place: 0)))
        #expect(!usable.mayAnswer(WritePosition(cluster: 1, timeline: 1, place: 201)))
        #expect(!usable.mayAnswer(WritePosition(cluster: 1, timeline: 2, place: 1)))
    }

    @Test func `a read counts only with a server that is still the one that was checked`() {
        func confirm(
            _ place: UInt64?, startedAt: Int64 = 5, at required: UInt64 = 200
        ) -> (isConfirmed: Bool, standing: ReplicaStanding) {
            var usable = status(replayed: 200, progress([(0, 100), (1, 200)]))
            let isConfirmed = usable.confirm(
                place, startedAt: startedAt, required: WritePosition(cluster: 1, timeline: 1, place: required))
            return (isConfirmed, usable.standing)
        }
        #expect(confirm(200) == (true, .usable))
        #expect(confirm(300, at: 300) == (true, .usable))
        #expect(confirm(250, at: 300) == (false, .usable))
        #expect(confirm(nil) == (false, .promoted))
        #expect(confirm(300, startedAt: 6) == (false, .unknown))
        #expect(confirm(100) == (false, .unknown), "it has less than before: another server")
        var left = status(replayed: nil, progress([(0, 100)]))
        let isConfirmed = left.confirm(300, startedAt: 5, required: Self.second)
        #expect(!isConfirmed)
    }
}
