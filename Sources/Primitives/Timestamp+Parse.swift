extension Timestamp {
    /// Reads a `date-time` of RFC 3339 section 5.6 (`2026-01-05T10:00:00.5+02:00`), or a bare `2026-01-05`
    /// as midnight UTC.
    ///
    /// Nil for anything else: a date that the calendar does not have, a time without an offset, hour 24, spaces.
    /// Fraction digits beyond the microsecond are dropped. Second 60 is taken at the end of a UTC month only, where a
    /// leap second can be, and means the following midnight. Years 0000...9999, both before and after the offset.
    package init?(iso8601 text: String) {
        var text = text
        guard let timestamp = text.withUTF8({ Timestamp(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = timestamp
    }

    /// Reads the same from UTF-8 bytes.
    package init?(utf8 bytes: UnsafeRawBufferPointer) {
        var reader = DigitReader(bytes: bytes)
        guard let year = reader.number(digits: 4), reader.skip("-"), let month = reader.number(digits: 2),
            reader.skip("-"), let day = reader.number(digits: 2), (1...12).contains(month), day >= 1,
            day <= GregorianCalendar.daysInMonth(year: year, month: month)
        else { return nil }
        let midnight = GregorianCalendar.days(year: year, month: month, day: day) * 86_400
        if reader.isAtEnd {
            self.init(seconds: Int64(midnight))
            return
        }
        guard reader.skip("T") || reader.skip("t"), let hour = reader.number(digits: 2), hour <= 23,
            reader.skip(":"), let minute = reader.number(digits: 2), minute <= 59,
            reader.skip(":"), let second = reader.number(digits: 2), second <= 60,
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let seconds = midnight + hour * 3600 + minute * 60 + second - offset
        guard Timestamp.fourDigitYears.contains(seconds) else { return nil }
        if second == 60 {
            guard seconds.isMultiple(of: 86_400), GregorianCalendar.date(days: seconds / 86_400).day == 1 else {
                return nil
            }
        }
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    /// Seconds since 1970 of the years 0000...9999.
    private static let fourDigitYears = -62_167_219_200..<253_402_300_800
}

/// Reads fixed-width decimal fields from the front of a buffer.
private struct DigitReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < bytes.count, case let value = bytes[position] &- 48, value <= 9 else { return nil }
        position += 1
        return Int(value)
    }

    mutating func number(digits count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Microseconds of an optional `.digits`; nil when a point is not followed by a digit.
    mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            guard count < 6 else { continue }
            value = value * 10 + digit
            count += 1
        }
        while count < 6 {
            value *= 10
            count += 1
        }
        return value
    }

    /// Seconds east of UTC of `Z` or `+hh:mm`.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = number(digits: 2), hours <= 23, skip(":"),
            let minutes = number(digits: 2), minutes <= 59
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return isEast ? seconds : -seconds
    }
}
