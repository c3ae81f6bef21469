extension GregorianCalendar {
    /// `2026-01-31`.
    ///
    /// - Parameter year: 0...9999.
    package static func text(year: Int, month: Int, day: Int) -> String {
        String(unsafeUninitializedCapacity: 10) { buffer in
            UnsafeMutableRawBufferPointer(buffer).writeDate(year: year, month: month, day: day, at: 0)
            return 10
        }
    }
}

/// Dates and times in text that has a place for each digit.
extension UnsafeMutableRawBufferPointer {
    /// Writes ten bytes, `2026-01-31`.
    ///
    /// - Parameter year: 0...9999.
    func writeDate(year: Int, month: Int, day: Int, at offset: Int) {
        writeTwoDigits(year / 100, at: offset)
        writeTwoDigits(year % 100, at: offset + 2)
        self[offset + 4] = UInt8(ascii: "-")
        writeTwoDigits(month, at: offset + 5)
        self[offset + 7] = UInt8(ascii: "-")
        writeTwoDigits(day, at: offset + 8)
    }

    /// Writes two bytes.
    ///
    /// - Parameter value: 0...99.
    func writeTwoDigits(_ value: Int, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: 48 + value / 10)
        self[offset + 1] = UInt8(truncatingIfNeeded: 48 + value % 10)
    }
}
