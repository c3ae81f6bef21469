import Primitives
import Testing

@Suite struct DurationUnitsTests {
    @Test func `durations are counted in whole units, rounded toward zero`() {
        let duration = Duration.nanoseconds(1_999_999_999)
        #expect(duration.nanoseconds == 1_999_999_999)
        #expect(duration.microseconds == 1_999_999)
        #expect(duration.milliseconds == 1999)
        #expect((Duration.zero - duration).milliseconds == -1999)
    }

    @Test func `rounding up counts a started unit`() {
        #expect(Duration.nanoseconds(1).millisecondsRoundedUp == 1)
        #expect(Duration.milliseconds(1500).millisecondsRoundedUp == 1500)
        #expect(Duration.milliseconds(1500).secondsRoundedUp == 2)
        #expect(Duration.seconds(2).secondsRoundedUp == 2)
        #expect(Duration.zero.millisecondsRoundedUp == 0)
    }

    @Test func `very long durations are limited, so that a deadline cannot overflow`() {
        for duration in [Duration.seconds(Int64.max), .seconds(Int64.max / 1_000_000_000)] {
            #expect(duration.nanoseconds == .max / 4)
            #expect((Duration.zero - duration).nanoseconds == -(.max / 4))
        }
    }
}
