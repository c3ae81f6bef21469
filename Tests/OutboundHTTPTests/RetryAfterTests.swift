import OutboundHTTP
import Primitives
import Testing

@Suite struct RetryAfterTests {
    private let now = Timestamp(iso8601: "1994-11-06T08:49:30Z")

    @Test(arguments: [
        ("0", Duration.zero), ("120", .seconds(120)), ("86401", .seconds(86_400)),
        ("99999999999999999999999", .seconds(86_400)), ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(7)),
        ("Sun, 06 Nov 1994 08:49:00 GMT", .zero), ("Sun, 06 Nov 2094 08:49:37 GMT", .seconds(86_400)),
    ])
    func `seconds and dates are read, up to a day`(text: String, expected: Duration) throws {
        #expect(RetryAfter.parse(text, now: try #require(now)) == expected)
    }

    @Test(arguments: [
        "", "-1", "1.5", "soon", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "06 Nov 1994 08:49:37",
    ])
    func `any other value is ignored`(text: String) throws {
        #expect(RetryAfter.parse(text, now: try #require(now)) == nil)
    }
}
