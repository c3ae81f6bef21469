import Foundation
import PDFDocuments
import StackTestSupport
import Testing

/// Documents that the real program draws, read back by poppler.
@Suite struct DrawingTests {
    private static let names = [
        "Acme (Ltd) \\ & Söhne – Łódź", "Жуковский", "Σία", "Հայերեն", "ქართული", "שלום בע״מ", "شركة النور",
        "شرکت می‌خواهم",
        "株式会社テスト", "北京公司", "한국 회사", "हिन्दी", "বাংলা", "தமிழ்", "ภาษาไทย", "አማርኛ",
    ]

    /// Joiners, which have no glyph, and the direction marks that poppler adds.
    private static let ignored: Set<UInt32> = [0x200C, 0x200D, 0x202A, 0x202B, 0x202C]

    @Test func `names of all scripts can be read back and have their letters`() async throws {
        let renderer = try Renderers.real()
        for name in Self.names {
            let output = try await renderer.render(.invoice(to: name, rows: [[name, "1.00 USD"]]))
            #expect(output.missing.isEmpty, "\(name): \(output.missing)")
            #expect(output.bytes.starts(with: Array("%PDF-1.".utf8)))
            let text = try await PDFText.of(output.bytes).unicodeScalars.filter { !Self.ignored.contains($0.value) }
            let printed = name.unicodeScalars.filter { !Self.ignored.contains($0.value) }
            #expect(String(text).contains(String(printed)), "\(name) in \(text)")
        }
    }

    @Test func `emoji are drawn and are not boxes`() async throws {
        let output = try await Renderers.real().render(.invoice(to: "🎉 👩‍👩‍👧 🇩🇪 ❤️"))
        #expect(output.missing.isEmpty)
    }

    @Test func `characters that no font has are reported by script`() async throws {
        // Of the last private plane: fonts with icons have private characters of the others.
        let output = try await Renderers.real().render(.invoice(to: "private \u{10FFF0}\u{10FFF1}\u{10FFF0}"))
        #expect(output.missing == [MissingScript(script: "Zzzz", count: 3, examples: ["U+10FFF0", "U+10FFF1"])])
    }

    @Test func `the same document makes the same bytes, whatever was drawn before and by whichever process`()
        async throws
    {
        let document = PDFDocument.invoice(to: "שלום 株式会社テスト 🎉")
        let renderer = try Renderers.real()
        let first = try await renderer.render(document).bytes
        for name in Self.names { _ = try await renderer.render(.invoice(to: name)) }
        #expect(try await renderer.render(document).bytes == first)
        #expect(try await Renderers.real().render(document).bytes == first)
    }

    @Test func `a document keeps nothing of the one before`() async throws {
        let renderer = try Renderers.real()
        _ = try await renderer.render(.invoice(to: "secret"))
        let second = try await renderer.render(.invoice(to: "open"))
        #expect(try await !PDFText.of(second.bytes).contains("secret"))
    }

    @Test func `a long table goes over several pages, each with its head and its number`() async throws {
        let rows = (1...120).map { number in
            [
                "Item \(number)." + (number % 7 == 0 ? String(repeating: " and more", count: 20) : ""),
                "\(number).50 USD",
            ]
        }
        let output = try await Renderers.real().render(.invoice(rows: rows))
        let pages = try await PDFText.of(output.bytes).split(separator: "\u{C}").map(String.init)
        #expect(pages.count == output.pages && output.pages > 3)
        for (index, page) in pages.enumerated() {
            for text in ["Invoice", "No. 42", "DESCRIPTION", "AMOUNT", "Page \(index + 1) of \(pages.count)"] {
                #expect(page.contains(text), "\(text) on page \(index + 1)")
            }
            #expect(page.contains("119.00 USD") == (index == pages.count - 1), "the total is on the last page")
        }
        for number in 1...120 {
            #expect(pages.count { $0.contains(" \(number).50 USD") } == 1, "row \(number) is on one page")
        }
    }

    @Test func `pages carry sums over, and notes follow the totals for every length of a table`() async throws {
        let renderer = try Renderers.real()
        for count in [1, 12, 16, 17, 18, 19, 20, 21, 22, 60] {
            var document = PDFDocument.invoice(rows: (1...count).map { ["Item \($0).", "1.00 USD"] })
            document.table.carried = .init(
                label: "Carried forward", broughtLabel: "Brought forward", sums: (1...count).map { "\($0).00 USD" })
            document.sender = .init(label: "FROM", name: "Seller Inc", lines: ["2 Side Street"])
            document.notes = ["Please pay.", String(repeating: "Terms. ", count: 60), "The end."]
            document.accent = "#1a2b3c"
            let output = try await renderer.render(document)
            let pages = try await PDFText.of(output.bytes).split(separator: "\u{C}").map(String.init)
            #expect(
                pages.count == output.pages && pages[0].contains("Seller Inc") && pages[0].contains("2 Side Street"))
            let text = pages.joined()
            for note in ["119.00 USD", "Please pay.", "The end."] {
                #expect(text.ranges(of: note).count == 1, "\(note) with \(count) rows")
            }
            #expect(text.ranges(of: "Item ").count == count)
            #expect(text.ranges(of: "Carried forward").count == text.ranges(of: "Brought forward").count)
            for (page, next) in zip(pages, pages.dropFirst()) where next.contains("Item ") {
                let last = page.ranges(of: "Item ").count
                #expect(
                    page.contains("Carried forward") && next.contains("Brought forward"), "\(count) rows, \(last) first"
                )
            }
        }
    }

    @Test func `for every length of a table all rows and the total are printed once`() async throws {
        let renderer = try Renderers.real()
        for count in 0...48 {
            let rows = (0..<count).map { ["Item \($0).", "7.00 USD"] }
            let output = try await renderer.render(.invoice(rows: rows))
            let text = try await PDFText.of(output.bytes)
            #expect(text.ranges(of: "7.00 USD").count == count)
            #expect(text.ranges(of: "119.00 USD").count == 1)
            #expect(text.ranges(of: "of \(output.pages)").count == output.pages)
        }
    }

    @Test func `amounts and labels are printed`() async throws {
        let text = try await PDFText.of(try await Renderers.real().render(.invoice()).bytes)
        for part in ["BILLED TO", "Acme Ltd", "1 Main Street", "ISSUED", "2026-01-01", "PAID", "Tax", "119.00 USD"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test func `text that is as long as it may be is drawn`() async throws {
        let renderer = try Renderers.real()
        for unit in ["W", "क\u{94D}", "שa", "e\u{301}\u{302}\u{303}", "🎉", "\u{FDFA}"] {
            let text = String(repeating: unit, count: 3000)
            let document = PDFDocument.invoice(
                to: text, lines: Array(repeating: text, count: 20), rows: [[text, text]])
            #expect(try await renderer.render(document).pages >= 1)
        }
    }
}
