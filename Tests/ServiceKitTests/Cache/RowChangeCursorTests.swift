import Testing

@testable import ServiceKit

@Suite
struct RowChangeCursorTests {
    private let start = ContinuousClock.now

    private func reading(
        _ snapshot: String, server: String = "server", session: String = "session", isCut: Bool = false
    ) -> RowChangeLog.Reading {
        RowChangeLog.Reading(snapshot: snapshot, server: server, session: session, isCut: isCut)
    }

    @Test func `each reading continues where the one before it ended`() {
        var cursor = RowChangeCursor(now: start)
        #expect(cursor.snapshot == nil)
        #expect(cursor.take(reading("1:1:"), since: nil, at: start) == .complete)
        #expect(cursor.snapshot == "1:1:")
        #expect(cursor.take(reading("2:2:"), since: "1:1:", at: start + .seconds(1)) == .complete)
        #expect(cursor.snapshot == "2:2:")
    }

    @Test func `another session reads the whole log`() {
        var cursor = RowChangeCursor(now: start)
        _ = cursor.take(reading("1:1:"), since: nil, at: start)
        let other = reading("1:1:", session: "other")
        #expect(cursor.take(other, since: "1:1:", at: start + .seconds(1)) == .readEverything)
        #expect(cursor.snapshot == "1:1:", "it has not been read yet")
        #expect(cursor.take(other, since: nil, at: start + .seconds(1)) == .complete)
        #expect(cursor.take(reading("2:2:", session: "other"), since: "1:1:", at: start + .seconds(2)) == .complete)
    }

    @Test func `another server, a long gap and too many changes reset the caches`() {
        var cursor = RowChangeCursor(now: start)
        _ = cursor.take(reading("1:1:"), since: nil, at: start)
        let restarted = reading("1:1:", server: "later", session: "other")
        #expect(cursor.take(restarted, since: "1:1:", at: start + .seconds(1)) == .reset)
        let cut = reading("2:2:", server: "later", session: "other", isCut: true)
        #expect(cursor.take(cut, since: "1:1:", at: start + .seconds(2)) == .reset)
        let next = reading("3:3:", server: "later", session: "other")
        let late = start + .seconds(2) + RowChangeCursor.longestGap
        #expect(cursor.take(next, since: "2:2:", at: late) == .complete)
        #expect(
            cursor.take(next, since: "3:3:", at: late + RowChangeCursor.longestGap + .seconds(1)) == .reset)
        var idle = RowChangeCursor(now: start)
        #expect(
            idle.take(reading("1:1:"), since: nil, at: start + .seconds(31)) == .reset, "the log has forgotten more")
    }

    @Test func `what was shown a minute ago is removed`() {
        var cursor = RowChangeCursor(now: start)
        var purges: [String?] = []
        for second in 0...130 {
            _ = cursor.take(
                reading("\(second)"), since: cursor.snapshot, at: start + .seconds(second))
            let purge = cursor.purgeable(start + .seconds(second))
            if purge != nil { cursor.purged() }
            purges.append(purge)
        }
        #expect(purges.compactMap { $0 } == ["0", "60"])
        #expect(purges[60] == "0" && purges[120] == "60")
    }

    @Test func `a purge is repeated until everything is removed`() {
        var cursor = RowChangeCursor(now: start)
        _ = cursor.take(reading("1"), since: nil, at: start)
        let later = start + RowChangeCursor.retention
        _ = cursor.take(reading("2"), since: "1", at: later)
        for _ in 0..<3 { #expect(cursor.purgeable(later) == "1") }
        cursor.purged()
        #expect(cursor.purgeable(later) == nil)
        #expect(cursor.purgeable(later + RowChangeCursor.retention) == "2")
    }

    @Test func `nothing is removed by what another session has seen`() {
        var cursor = RowChangeCursor(now: start)
        for second in 0...59 {
            _ = cursor.take(reading("\(second)"), since: cursor.snapshot, at: start + .seconds(second))
        }
        _ = cursor.take(reading("x", session: "other"), since: nil, at: start + .seconds(60))
        #expect(cursor.purgeable(start + .seconds(60)) == nil)
        #expect(cursor.purgeable(start + .seconds(120)) == "x")
    }
}
