import Foundation
import Primitives
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_767_607_200_000_000, "2026-01-05T10:00:00.000Z"),
            (999, "1970-01-01T00:00:00.000Z"), (1_000, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_709_164_799_999_999, "2024-02-28T23:59:59.999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"), (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
            // As Date.toISOString() of node writes them.
            (253_402_300_800_000_000, "+010000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000_001, "-000001-12-31T23:59:59.999Z"),
            (8_640_000_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `milliseconds are written`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        var bytes: [UInt8] = []
        Timestamp(microseconds: microseconds).append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test(
        arguments: [
            ("2026-01-05T10:00:00.000Z", 1_767_607_200_000_000), ("2026-01-05T10:00:00Z", 1_767_607_200_000_000),
            ("2026-01-05t12:00:00+02:00", 1_767_607_200_000_000), ("2026-01-05T04:30:00-05:30", 1_767_607_200_000_000),
            ("2026-01-05T10:00:00.5z", 1_767_607_200_500_000),
            ("2026-01-05T10:00:00.123456789Z", 1_767_607_200_123_456),
            ("2026-01-05", 1_767_571_200_000_000), ("1969-12-31T23:59:59.999999Z", -1),
            ("2024-02-29T00:00:00-00:00", 1_709_164_800_000_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            // Leap seconds that happened, the second with the offset of New York.
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000), ("2016-12-31T18:59:60-05:00", 1_483_228_800_000_000),
        ] as [(String, Int64)])
    func `the forms of RFC 3339 are read`(text: String, microseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-1-05", "2026-01-05T", "2026-01-05 10:00:00Z", "2026-01-05T10:00Z", "2026-01-05T10:00:00",
        "2026-01-05T10:00:00.Z", "2026-01-05T10:00:00,5Z", "2026-01-05T24:00:00Z", "2026-01-05T10:60:00Z",
        "2026-01-05T10:00:61Z", "2026-01-05T23:59:60Z", "2026-01-31T10:59:60Z", "2026-02-29", "2026-13-01",
        "2026-00-10", "2026-04-31",
        "2026-01-00", "2100-02-29", "2026-01-05T10:00:00+2:00", "2026-01-05T10:00:00+0200", "2026-01-05T10:00:00+24:00",
        "2026-01-05T10:00:00+02:60", "2026-01-05T10:00:00Z ", " 2026-01-05", "+2026-01-05", "20260105",
        "2026-01-05T10:00:00ZZ",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "２026-01-05", "2026-01-05T10:00:0\u{0}Z",
    ])
    func `any other text is refused`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `milliseconds survive their text`() {
        for _ in 0..<5_000 {
            let timestamp = Timestamp(milliseconds: .random(in: -62_167_219_200_000..<253_402_300_800_000))
            #expect(Timestamp(iso8601: timestamp.description) == timestamp)
        }
    }

    @Test func `the text equals Foundation's`() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -2_000_000_000..<8_000_000_000)
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(Timestamp(seconds: seconds).description == date.formatted(style))
        }
    }

    @Test func `no bytes crash the parser`() {
        let alphabet = Array("0123456789-:TZtz+. ".utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...32)).map { _ in alphabet.randomElement() ?? 0 }
            text.withUnsafeBytes { bytes in
                if let timestamp = Timestamp(utf8: bytes) { #expect(Timestamp(iso8601: timestamp.description) != nil) }
            }
        }
    }

    @Test func `durations are added and subtracted exactly`() {
        let start = Timestamp(seconds: 100)
        #expect(start.adding(.milliseconds(1500)) == Timestamp(microseconds: 101_500_000))
        #expect(start.adding(.seconds(-200)) == Timestamp(seconds: -100))
        #expect(start.adding(.nanoseconds(-1)) == start)
        #expect(Timestamp(seconds: 7).duration(since: Timestamp(seconds: 10)) == .seconds(-3))
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: -1).milliseconds == -1)
        #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
        #expect(Timestamp(seconds: 1) < Timestamp(seconds: 2))
    }

    @Test func `arithmetic saturates at the limits`() {
        let end = Timestamp(microseconds: .max)
        #expect(end.adding(.seconds(1)) == end)
        #expect(Timestamp(seconds: .max) == end)
        #expect(Timestamp(milliseconds: .min) == Timestamp(microseconds: .min))
        #expect(Timestamp(microseconds: .min).adding(.seconds(Int64.min)) == Timestamp(microseconds: .min))
        #expect(end.duration(since: Timestamp(microseconds: -1)) == .microseconds(Int64.max))
        #expect(!end.description.isEmpty)
        #expect(!Timestamp(microseconds: .min).description.isEmpty)
    }
}
