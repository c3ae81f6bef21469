import Primitives
import Testing

@Suite struct ExactTextTests {
    @Test(arguments: [("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), (";", "\u{37E}"), ("\u{C5}", "\u{212B}")])
    func `texts that Swift takes as equal differ when their bytes do`(_ left: String, _ right: String) {
        #expect(left == right)
        #expect(ExactText(left) != ExactText(right))
        #expect(!left.hasSameBytes(as: right) && left.hasSameBytes(as: left))
        let set: Set<ExactText> = [ExactText(left), ExactText(right)]
        #expect(set.count == 2 && set.contains(ExactText(left)) && set.contains(ExactText(right)))
    }

    @Test func `texts of any length are compared to their end`() {
        let long = String(repeating: "x", count: 100)
        for (left, right) in [("", ""), ("a", "a"), (long, String(long.reversed()))] {
            #expect(left.hasSameBytes(as: right))
        }
        for (left, right) in [("", "a"), ("ab", "aB"), (long + "a", long + "b"), (long, long + "x")] {
            #expect(!left.hasSameBytes(as: right))
        }
    }

    @Test(arguments: [
        ("asc", true), ("ASC", true), ("aSc", true), ("a\u{17F}c", false), ("as", false), ("ascx", false), ("", false),
    ])
    func `the case of ASCII letters alone is ignored`(_ text: String, _ isSame: Bool) {
        #expect(text.isASCII(ignoringCase: "Asc") == isSame)
    }

    @Test func `a prefix is counted in code points`() {
        let combined = "e" + String(repeating: "\u{301}", count: 10)
        #expect(combined.count == 1)
        #expect(combined.prefix(scalars: 4).unicodeScalars.count == 4)
        #expect("short".prefix(scalars: 5) == "short")
    }

    @Test func `instants lose what JSON does not show`() {
        #expect(Timestamp(microseconds: 1_999_999).truncatedToMilliseconds == Timestamp(microseconds: 1_999_000))
        #expect(Timestamp(microseconds: -1).truncatedToMilliseconds == Timestamp(microseconds: -1000))
        #expect(Timestamp(microseconds: 5000).truncatedToMilliseconds == Timestamp(microseconds: 5000))
    }
}
