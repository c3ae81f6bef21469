import Primitives
import Testing

@testable import Subscription

/// Periods as sums of months, days and quarters of an hour.
@Suite struct UsagePieceTests {
    private static func instant(_ text: String) -> Timestamp { Timestamp(iso8601: text) ?? Timestamp(seconds: 0) }

    private static func pieces(_ from: String, _ to: String) -> [String] {
        UsagePieces(from: instant(from), to: instant(to)).pieces.map {
            "\($0.span) \($0.from.description.prefix(16)) \($0.to.description.prefix(16))"
        }
    }

    @Test func `a period is as few sums as possible, without gap or overlap`() {
        #expect(
            Self.pieces("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z") == ["month 2026-01-01T00:00 2026-03-01T00:00"])
        #expect(
            Self.pieces("2025-11-30T10:15:00Z", "2026-03-02T00:45:00Z") == [
                "quarterHour 2025-11-30T10:15 2025-12-01T00:00", "month 2025-12-01T00:00 2026-03-01T00:00",
                "day 2026-03-01T00:00 2026-03-02T00:00", "quarterHour 2026-03-02T00:00 2026-03-02T00:45",
            ])
        #expect(
            Self.pieces("2026-01-31T00:00:00Z", "2026-02-02T00:00:00Z") == ["day 2026-01-31T00:00 2026-02-02T00:00"])
        #expect(
            Self.pieces("2026-01-31T10:00:00Z", "2026-01-31T10:15:00Z") == [
                "quarterHour 2026-01-31T10:00 2026-01-31T10:15"
            ])
    }

    @Test func `the pieces of any period cover it exactly`() {
        let start = Self.instant("2023-12-20T00:00:00Z").seconds
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let from = Timestamp(seconds: start + Int64.random(in: 0..<80_000, using: &generator) * 900)
            let to = Timestamp(seconds: from.seconds + Int64.random(in: 1..<50_000, using: &generator) * 900)
            let pieces = UsagePieces(from: from, to: to).pieces.sorted { $0.from < $1.from }
            var end = from
            for piece in pieces {
                #expect(piece.from == end && piece.from < piece.to)
                end = piece.to
            }
            #expect(end == to && pieces.count <= 5)
        }
    }

    @Test(arguments: [
        (Meter.LimitPeriod.day, "2026-01-31T23:59:59Z", "2026-01-31T00:00:00.000Z", "2026-02-01T00:00:00.000Z"),
        (.month, "2024-02-29T12:00:00Z", "2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
        (.month, "2025-12-31T12:00:00Z", "2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        (.year, "2024-07-01T00:00:00Z", "2024-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000Z"),
        (.forever, "2024-07-01T00:00:00Z", "1970-01-01T00:00:00.000Z", ""),
    ]) func `a limit is for the calendar's periods`(
        _ period: Meter.LimitPeriod, _ instant: String, _ from: String, _ to: String
    ) {
        let found = UTCCalendar.period(period, of: Self.instant(instant))
        #expect(found.from.description == from && (found.to?.description ?? "") == to)
    }

    @Test(arguments: ["0", "12", "12.5", "123456789012345.123456789"]) func `a quantity is an exact decimal`(
        _ text: String
    ) {
        #expect(UsageQuantity.isValid(text))
    }

    @Test(arguments: ["", "-1", "+1", "1.", ".5", "1e3", "1,5", "1234567890123456", "1.1234567890", "1.2.3", "٣"])
    func `anything else is no quantity`(_ text: String) {
        #expect(!UsageQuantity.isValid(text))
    }

    @Test func `quantities are shown without the zeros of their scale`() {
        #expect(
            ["12.50", "12.000", "100", "0.0", "012"].map(UsageQuantity.trimmed) == ["12.5", "12", "100", "0", "12"])
    }
}
