extension Timestamp {
    /// Appends `2026-01-05T10:00:00.000Z`, as JavaScript's `Date.toISOString()` does: milliseconds, rounded down.
    ///
    /// Years outside 0...9999 get JavaScript's six digits with a sign (`+010000-01-01T00:00:00.000Z`).
    package func append(to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: Timestamp.maximumTextLength, alignment: 8) { buffer in
            let length = write(to: buffer)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
        }
    }

    /// The most bytes that a text can have: a signed six-digit year.
    package static let maximumTextLength = 27

    /// Writes the text to the start of the buffer, which must hold `maximumTextLength` bytes.
    ///
    /// - Returns: the number of bytes written, 24 for the years 0...9999 and 27 for others.
    package func write(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(buffer.count >= Timestamp.maximumTextLength)
        let milliseconds = Int(milliseconds)
        var (days, time) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        if time < 0 {
            time += 86_400_000
            days -= 1
        }
        let date = GregorianCalendar.date(days: days)
        var position = 0
        if date.year < 0 || date.year > 9999 {
            buffer[0] = date.year < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
            buffer.writeTwoDigits(abs(date.year) / 10_000, at: 1)
            position = 3
        }
        buffer.writeDate(year: abs(date.year) % 10_000, month: date.month, day: date.day, at: position)
        buffer[position + 10] = UInt8(ascii: "T")
        let (minutes, millisecondsOfMinute) = time.quotientAndRemainder(dividingBy: 60_000)
        buffer.writeTwoDigits(minutes / 60, at: position + 11)
        buffer[position + 13] = UInt8(ascii: ":")
        buffer.writeTwoDigits(minutes % 60, at: position + 14)
        buffer[position + 16] = UInt8(ascii: ":")
        buffer.writeTwoDigits(millisecondsOfMinute / 1000, at: position + 17)
        buffer[position + 19] = UInt8(ascii: ".")
        let fraction = millisecondsOfMinute % 1000
        buffer[position + 20] = UInt8(truncatingIfNeeded: 48 + fraction / 100)
        buffer.writeTwoDigits(fraction % 100, at: position + 21)
        buffer[position + 23] = UInt8(ascii: "Z")
        return position + 24
    }
}

extension Timestamp: CustomStringConvertible {
    /// The text that `append(to:)` writes.
    package var description: String {
        String(unsafeUninitializedCapacity: Timestamp.maximumTextLength) { buffer in
            write(to: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
