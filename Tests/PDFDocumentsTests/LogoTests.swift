import Foundation
import StackTestSupport
import TestSupport
import Testing

@testable import PDFDocuments

/// Logos of documents.
@Suite struct LogoTests {
    private static let image = TestPNG.make()

    @Test func `a file is a PNG file of a bounded size, or it is refused with a reason`() throws {
        let file = try PNGFile(Self.image)
        #expect(file.width == 40 && file.height == 20 && file.bytes == Self.image)
        // With a text in it, as programs write it.
        let end = Self.image.count - 12
        _ = try PNGFile(Array(Self.image[..<end]) + TestPNG.chunk("tEXt", Array("a b".utf8)) + Self.image[end...])
        let header = 33
        let mistakes: [(String, [UInt8], String)] = [
            ("empty", [], "not a PNG"), ("JPEG", [0xFF, 0xD8, 0xFF, 0xE0], "not a PNG"),
            ("cut off", Array(Self.image.dropLast()), "damaged"), ("more", Self.image + [0], "damaged"),
            ("without an end", Array(Self.image[..<end]), "parts"),
            ("without pixels", Array(Self.image[..<header] + Self.image[end...]), "parts"),
            ("two headers", Array(Self.image[..<header] + Self.image[8...]), "parts"),
            ("too wide", TestPNG.make(width: 2001, height: 1), "2001 × 1"),
            ("nothing", TestPNG.make(width: 0, height: 1), "0 × 1"),
            ("too large", TestPNG.make(pixels: Array(repeating: 0, count: PDFLimits.imageBytes)), "128 KiB"),
        ]
        for (name, bytes, reason) in mistakes {
            let mistake = #expect(throws: PNGFile.Mistake.self, "\(name)") { try PNGFile(bytes) }
            #expect(mistake?.description.contains(reason) == true, "\(name): \(String(describing: mistake))")
        }
        let small = TestPNG.make(width: 4, height: 2)
        for place in small.indices {
            var damaged = small
            damaged[place] ^= 0x40
            #expect(throws: PNGFile.Mistake.self, "byte \(place)") { try PNGFile(damaged) }
        }
    }

    @Test func `a logo is drawn, always as the same bytes, and the rest stays where it is`() async throws {
        let renderer = try Renderers.real()
        let plain = PDFDocument.invoice()
        var document = plain
        document.logo = Self.image
        let first = try await renderer.render(document).bytes
        let without = try await renderer.render(plain).bytes
        #expect(first != without)
        #expect(try await renderer.render(document).bytes == first)
        #expect(try await Renderers.real().render(document).bytes == first)
        #expect(try await PDFText.of(first) == PDFText.of(without))
        let file = TestCommand.temporaryFile("logo.pdf")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(first).write(to: file)
        let images = try await TestCommand.run(["pdfimages", "-list", file.path])
        #expect(images.contains(" 40 ") && images.contains(" 20 "), "\(images)")

        // What is compressed within it is somebody else's: the document fails alone.
        document.logo = TestPNG.make(pixels: Array(repeating: 0xA5, count: 500))
        let broken = document
        await #expect(throws: PDFError.self) { try await renderer.render(broken) }
        #expect(try await renderer.render(plain).bytes == without)
    }
}
