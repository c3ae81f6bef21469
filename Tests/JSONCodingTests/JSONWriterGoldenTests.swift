import Foundation
import JSONCoding
import Primitives
import Testing

/// The same values through Foundation's encoder.
@Suite struct JSONWriterGoldenTests {
    private struct Record: Encodable, JSONWritable {
        var id: String
        var name: String
        var status: Int
        var isActive: Bool
        var notes: [String]
        var price: Double
        var parent: String?

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("name", name)
            writer.member("status", status)
            writer.member("isActive", isActive)
            writer.member("notes", notes)
            writer.member("price", price)
            writer.memberIfPresent("parent", parent)
            writer.endObject()
        }
    }

    @Test func `Foundation's decoder reads equal objects`() throws {
        for _ in 0..<300 {
            let record = Record(
                id: Identifier.v4().description, name: randomText(), status: .random(in: -5 ... .max),
                isActive: .random(), notes: (0..<Int.random(in: 0...4)).map { _ in randomText() },
                price: Double(Int.random(in: -99_999...99_999)) / 100, parent: .random() ? randomText() : nil)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.withoutEscapingSlashes]
            let ours = try JSONSerialization.jsonObject(with: Data(record.jsonBytes())) as? NSDictionary
            let theirs = try JSONSerialization.jsonObject(with: encoder.encode(record)) as? NSDictionary
            #expect(ours != nil && ours == theirs)
            // And byte for byte, but for the order of members, which Foundation does not keep.
            encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
            let sorted = try JSONValue.parse(record.jsonBytes()).objectValue.map { object in
                JSONObject(object.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            }
            #expect(try text(Array(encoder.encode(record))) == text(#require(sorted).jsonBytes()))
        }
    }

    @Test func `strings equal Foundation's byte for byte`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        for scalar in (0..<0x3000).compactMap({ Unicode.Scalar($0 as UInt32) }) {
            let value = "ab\(Character(scalar))cdefghijkl"
            #expect(try Array(encoder.encode(value)) == value.jsonBytes())
        }
        for _ in 0..<2_000 {
            let value = randomText()
            #expect(try Array(encoder.encode(value)) == value.jsonBytes())
        }
    }

    @Test func `an escape at any place is found`() throws {
        for length in 0..<40 {
            for position in 0..<max(1, length) {
                for escape in ["\"", "\\", "\n", "\u{0}", "\u{1f}", "é", "\u{7f}", " ", "!", "#", "[", "]"] {
                    var characters = Array(repeating: "a", count: length)
                    if length > 0 { characters[position] = escape }
                    let value = characters.joined()
                    guard
                        let parsed = try JSONSerialization.jsonObject(
                            with: Data(value.jsonBytes()), options: .fragmentsAllowed) as? String, parsed == value
                    else {
                        Issue.record("\(value.debugDescription)")
                        return
                    }
                }
            }
        }
    }

    @Test func `members with prepared keys are written like others`() throws {
        let id = Identifier(high: 0x0102_0304_0506_0708, low: 0x0900_0A00_0000_00FF)
        let instant = Timestamp(microseconds: 1_767_607_200_123_456)
        for name in ["a", "", "quo\"te", "ünï", "\u{1}"] {
            var ready = JSONWriter()
            var plain = JSONWriter()
            ready.beginObject()
            plain.beginObject()
            JSONKey(name).text.withUnsafeBytes { key in
                ready.nullMember(key)
                for value in [true, false] { ready.member(key, value) }
                for value in [0, -1, .max, .min] as [Int64] { ready.member(key, value) }
                ready.member(key, id)
                ready.member(key, instant)
                for text in ["", "plain", "quo\"te \n", "Σία 😀"] {
                    Array(text.utf8).withUnsafeBytes { ready.member(key, utf8: $0) }
                }
                ready.key(ready: key)
                ready.beginArray()
                ready.endArray()
            }
            plain.member(named: name, Int?.none)
            for value in [true, false] { plain.member(named: name, value) }
            for value in [0, -1, .max, .min] as [Int64] { plain.member(named: name, value) }
            plain.member(named: name, id)
            plain.member(named: name, instant)
            for text in ["", "plain", "quo\"te \n", "Σία 😀"] { plain.member(named: name, text) }
            plain.member(named: name, [Int]())
            ready.endObject()
            plain.endObject()
            #expect(String(decoding: ready.bytes, as: UTF8.self) == String(decoding: plain.bytes, as: UTF8.self))
        }
    }
}
