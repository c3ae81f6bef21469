import Testing

@testable import TenantManagement

/// What receivers answer, as the log shows it.
@Suite struct ResponseExcerptTests {
    @Test(
        arguments: [
            ("", nil), ("ok", "ok"), ("a\r\n\tb", "a b"), ("\u{1B}[31mred", "[31mred"), ("a\u{0}b", "a b"),
            ("a\u{202E}b\u{2066}", "ab"), ("\n\n", nil), ("a\u{2028}b", "ab"), ("a\u{7F}b\u{85}", "ab"), ("é🧨", "é🧨"),
        ] as [(String, String?)])
    func `control and direction characters are taken out`(_ answer: String, _ shown: String?) {
        #expect(ResponseExcerpt.text(Array(answer.utf8)) == shown)
    }

    @Test func `a long answer, or one that is no text, is cut`() throws {
        let long = try #require(ResponseExcerpt.text(Array(String(repeating: "🧨", count: 5000).utf8)))
        #expect(long.unicodeScalars.count == ResponseExcerpt.maximumLength)
        let broken = try #require(ResponseExcerpt.text([0xFF, 0xFE, 0x41, 0xC0]))
        #expect(broken.contains("A") && broken.unicodeScalars.count == 4)
    }
}
