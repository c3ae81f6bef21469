import JSONCoding
import Testing

@testable import PDFDocuments

@Suite struct PDFProtocolTests {
    @Test func `a frame is its length and its payload`() throws {
        #expect(PDFFrame.encode(Array("abc".utf8)) == [0, 0, 0, 3, 97, 98, 99])
        #expect(PDFFrame.encode([]) == [0, 0, 0, 0])
        #expect(PDFFrame.length([0, 1, 2, 3]) == 66_051)
    }

    @Test func `frames are found however the bytes arrive`() throws {
        let bytes = PDFFrame.encode(Array("first".utf8)) + PDFFrame.encode([]) + PDFFrame.encode(Array("third".utf8))
        for size in 1...bytes.count {
            var parser = PDFFrameParser()
            var frames: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { parser.append($0) }
                while let frame = try parser.next(limit: 5) { frames.append(String(decoding: frame, as: UTF8.self)) }
            }
            #expect(frames == ["first", "", "third"])
            #expect(parser.isEmpty)
        }
    }

    @Test func `a frame that is too long is refused before it has arrived`() throws {
        var parser = PDFFrameParser()
        [0, 0, 1, 0].map(UInt8.init).withUnsafeBytes { parser.append($0) }
        #expect(throws: PDFProtocolError.self) { try parser.next(limit: 255) }
        #expect(try parser.next(limit: 256) == nil)
    }

    @Test func `documents and replies survive the protocol`() throws {
        var document = PDFDocument.invoice(to: "\"שלום\"\n\u{0}", rows: [["a", "b"], [], ["c"]], language: "ja")
        document.fontFamily = "DejaVu Sans"
        document.badge.tone = .negative
        #expect(try PDFDocument(try JSONValue.parse(document.jsonBytes())) == document)
        let replies: [PDFReply] = [
            .ready(engine: "Pango 1.50"), .failed(reason: "no memory"),
            .drawn(pages: 3, missing: [MissingScript(script: "Deva", count: 7, examples: ["U+0928"])]),
            .drawn(pages: 1, missing: []),
        ]
        for reply in replies { #expect(try PDFReply(reply.jsonBytes()) == reply) }
        for text in ["", "{}", "[]", "garbage", #"{"pages":1}"#, #"{"ready":1}"#] {
            #expect(throws: PDFProtocolError.self) { try PDFReply(Array(text.utf8)) }
        }
    }

    @Test func `a document that lacks a member is refused with the name of the member`() throws {
        let text = String(decoding: PDFDocument.invoice(to: "secret").jsonBytes(), as: UTF8.self)
        for (from, to, name) in [
            ("\"tone\":\"positive\"", "\"tone\":\"loud\"", "tone"), ("\"rows\":[[", "\"rows\":[1,[", "rows"),
            ("\"recipientName\":\"secret\"", "\"recipientName\":1", "recipientName"),
            ("\"share\":2", "\"share\":0", "columns"),
        ] {
            #expect(text.contains(from))
            #expect(throws: PDFProtocolError(member: name)) {
                try PDFDocument(try JSONValue.parse(text.replacing(from, with: to)))
            }
        }
    }
}
