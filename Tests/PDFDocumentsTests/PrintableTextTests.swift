import PDFDocuments
import Testing

@Suite struct PrintableTextTests {
    @Test func `control characters become spaces and direction marks are removed`() {
        #expect(PrintableText.clean("a\nb\u{0}c\u{85}d\u{2028}e") == "a b c d e")
        #expect(PrintableText.clean("Acme \u{202E}moc.elpmaxe\u{202C}\u{2066}\u{200F}\u{FEFF}") == "Acme moc.elpmaxe")
    }

    @Test func `what scripts and emoji need stays`() {
        for text in ["می\u{200C}خواهم", "क\u{94D}\u{200D}ष", "👩\u{200D}👩\u{200D}👧", "❤\u{FE0F}", "שלום", "Zürich"] {
            #expect(PrintableText.clean(text) == text)
        }
    }

    @Test func `a text that is too long is cut off`() {
        let text = PrintableText.clean(String(repeating: "e\u{301}", count: 100_000))
        #expect(text.unicodeScalars.count == PDFLimits.textLength + 1)
        #expect(text.hasSuffix("…"))
    }

    @Test(
        arguments: [
            (["Acme Ltd", "Zürich"], "Japan", "en"), (["株式会社テスト"], nil, "ja"), (["東京商事"], "Japan", "ja"),
            (["東京商事"], "JP", "ja"), (["삼성 三星"], nil, "ko"), (["三星"], "South Korea", "ko"),
            (["台北公司"], "Taiwan", "zh-tw"),
            (["ㄅㄆ 公司"], nil, "zh-tw"), (["香港公司"], "hk", "zh-hk"), (["北京公司"], "China", "zh-cn"),
            (["北京公司"], nil, "zh-cn"), ([], nil, "en"),
        ] as [([String], String?, String)])
    func `the language of Han characters follows from their neighbors, then from the country`(
        texts: [String], country: String?, language: String
    ) {
        #expect(PrintableText.language(of: texts, country: country) == language)
    }
}
