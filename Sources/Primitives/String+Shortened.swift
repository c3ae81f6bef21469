extension String {
    /// The text itself when it has at most `limit` bytes of UTF-8; otherwise its beginning, at most `limit` bytes, and
    /// an ellipsis. Never cuts a Unicode scalar in two.
    ///
    /// For texts of callers that errors and logs repeat. Bytes are counted because one character can hold any number of
    /// combining marks.
    package func shortened(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: Swift.max(0, limit))
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}
