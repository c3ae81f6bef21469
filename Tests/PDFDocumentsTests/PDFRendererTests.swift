import Foundation
import TestSupport
import Testing

@testable import PDFDocuments

@Suite struct PDFRendererTests {
    private let font = PDFFontFile.find()

    private func page(_ renderer: PDFRenderer, _ lines: [String]) throws -> PDFRenderer.Document {
        try renderer.render(title: "Test") { canvas in
            for (index, line) in lines.enumerated() {
                canvas.text(line, x: 50, y: 60 + Double(index) * 20, PDFCanvas.Style(12, bold: index % 2 == 1))
            }
        }
    }

    @Test func textsOfManyScriptsCanBeReadBack() async throws {
        let lines = [
            "Invoice (with) \\ parentheses", "Привет, мир", "Ελληνικά", "Žluťoučký kůň", "€ 100.00", "Đồng Việt Nam",
            "Հայերեն", "ქართული",
        ]
        let document = try page(PDFRenderer(fontPath: font), lines)
        #expect(document.hasFont)
        #expect(document.bytes.starts(with: Array("%PDF-1.".utf8)))
        let text = try await PDFText.of(document.bytes)
        for line in lines { #expect(text.contains(line), "\(line) in \(text)") }
    }

    @Test func nothingOfOneDocumentIsInTheNext() async throws {
        let renderer = PDFRenderer(fontPath: font)
        let alone = try page(PDFRenderer(fontPath: font), ["Second"])
        _ = try page(renderer, ["First Ж Ω", "secret"])
        let second = try page(renderer, ["Second"])
        #expect(second.bytes == alone.bytes)
        #expect(try await PDFText.of(second.bytes).contains("secret") == false)
    }

    @Test func oddCharactersHarmNothing() async throws {
        let document = try page(
            PDFRenderer(fontPath: font),
            [
                "some\u{0}thing\nis\u{7F}odd", "abc\u{202E}fed\u{200F}", "emoji 😀 end", "中文 end", "",
                String(repeating: "x", count: 5000),
            ])
        let text = try await PDFText.of(document.bytes)
        for part in ["some thing is odd", "abcfed", "emoji \u{FFFD} end"] {
            #expect(text.contains(part), "\(part) in \(text.prefix(300))")
        }
        #expect(text.contains("中文 end"), "what the font lacks can still be copied")
    }

    @Test func withoutAFontThereAreWesternLetters() async throws {
        for path in [nil, "/nonexistent.ttf", "/etc/hostname"] {
            let document = try page(PDFRenderer(fontPath: path), ["Ärger in Zürich – 5 €", "Жук"])
            #expect(!document.hasFont)
            let text = try await PDFText.of(document.bytes)
            #expect(text.contains("Ärger in Zürich – 5 €") && text.contains("???"), "\(text)")
        }
    }

    @Test func fontFilesAreToldFromOthers() throws {
        #expect(PDFFontFile.isUsable(try #require(font)))
        for path in ["/nonexistent", "/etc/passwd", "/dev/null", "/tmp"] { #expect(!PDFFontFile.isUsable(path)) }
    }

    @Test func fontsThatAreCutOffAreNotUsed() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: try #require(font)))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("arc-\(UUID().uuidString).ttf").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for length in [0, 3, 8, 12, 100, 400, 5000, whole.count / 2, whole.count - 100] {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(!PDFFontFile.isUsable(path), "\(length) bytes")
            #expect(try page(PDFRenderer(fontPath: path), ["still there"]).hasFont == false)
        }
    }

    @Test func longTextsAreBrokenAndCut() throws {
        let renderer = PDFRenderer(fontPath: font)
        _ = try renderer.render(title: "") { canvas in
            let style = PDFCanvas.Style(10)
            let name = "The Honourable Company of \(String(repeating: "W", count: 80)) and Sons"
            let lines = canvas.lines(of: name, width: 200, style, maximum: 20)
            #expect(lines.allSatisfy { canvas.width(of: $0, style) <= 200 } && lines.count > 3)
            #expect(lines.joined().filter { $0 == "W" }.count == 80)
            let cut = canvas.lines(of: name, width: 200, style, maximum: 2)
            #expect(cut.count == 2 && cut[1].hasSuffix("…") && canvas.width(of: cut[1], style) <= 200)
            #expect(canvas.lines(of: "", width: 200, style, maximum: 2).isEmpty)
            #expect(canvas.lines(of: "W", width: 0.1, style, maximum: 3) == ["W"], "never without end")
        }
    }

    @Test func manyThreadsMayAskAtOnce() async throws {
        let renderer = PDFRenderer(fontPath: font)
        let expected = try page(renderer, ["Concurrent"]).bytes
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<16 { group.addTask { try page(renderer, ["Concurrent"]).bytes } }
            for try await bytes in group { #expect(bytes == expected) }
        }
    }
}
