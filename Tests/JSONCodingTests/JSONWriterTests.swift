import Foundation
import JSONCoding
import Primitives
import Testing

@Suite struct JSONWriterTests {
    @Test func placesTheCommas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", 1)
        writer.key("b")
        writer.beginArray()
        writer.endArray()
        writer.key("c")
        writer.beginArray()
        writer.integer(1)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.null()
        writer.bool(true)
        writer.bool(false)
        writer.endArray()
        writer.string("x")
        writer.string("\"")
        writer.double(0.5)
        writer.number(literal: "1.50")
        writer.raw(Array("{\"raw\":0}".utf8))
        Array("[]".utf8).withUnsafeBytes { writer.raw($0) }
        writer.endArray()
        writer.member("d", "e")
        writer.member(named: "f\"", ["g": 1] as JSONValue)
        writer.endObject()
        let expected =
            #"{"a":1,"b":[],"c":[1,{},[null,true,false],"x","\"",0.5,1.50,{"raw":0},[]],"d":"e","f\"":{"g":1}}"#
        #expect(text(writer.bytes) == expected)
    }

    @Test func absentMembersAreNullOrLeftOut() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", nil as String?)
        writer.memberIfPresent("b", nil as Int?)
        writer.memberIfPresent("c", 3)
        writer.member("d", [nil, true] as [Bool?])
        writer.endObject()
        #expect(text(writer.bytes) == #"{"a":null,"c":3,"d":[null,true]}"#)
    }

    @Test func writesIdentifiersAndTimestamps() throws {
        let identifier = try #require(Identifier("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        #expect(text([identifier, identifier].jsonBytes()) == #"["\#(identifier)","\#(identifier)"]"#)
        let instants = [0, 1_767_607_200_123, 253_402_300_800_000, -1].map { Timestamp(milliseconds: $0) }
        #expect(text(instants.jsonBytes()) == "[" + instants.map { "\"\($0)\"" }.joined(separator: ",") + "]")
    }

    @Test func writesIntegersOfEveryLength() {
        var values: [Int64] = [0, .min, .max, .min + 1]
        var power: Int64 = 1
        while power <= .max / 10 {
            values += [power, power - 1, power + 1, -power, 1 - power]
            power *= 10
        }
        for value in values { #expect(text(value.jsonBytes()) == String(value)) }
        #expect(text(UInt64.max.jsonBytes()) == "18446744073709551615")
        var writer = JSONWriter()
        writer.integer(Int128.min)
        #expect(text(writer.bytes) == "-170141183460469231731687303715884105728")
    }

    @Test func numbersThatJSONDoesNotHaveAreNull() {
        #expect(text([Double.nan, .infinity, -.infinity, 1].jsonBytes()) == "[null,null,null,1]")
        var writer = JSONWriter()
        writer.beginArray()
        for literal in ["NaN", "Infinity", "-Infinity", "", "+1", "01", "1.", ".5", "1e", "0x1", "1 ", "1_0"] {
            writer.number(literal: literal)
        }
        writer.endArray()
        #expect(text(writer.bytes) == "[" + repeatElement("null", count: 12).joined(separator: ",") + "]")
    }

    @Test func appendsToBytesThatAreThere() throws {
        var bytes = Array("data: ".utf8)
        bytes.reserveCapacity(256)
        let before = bytes.withUnsafeBytes { $0.baseAddress }
        bytes.appendJSON { writer in
            writer.beginArray()
            for number in 0..<10 { writer.integer(number) }
            writer.endArray()
        }
        #expect(text(bytes) == "data: [0,1,2,3,4,5,6,7,8,9]")
        #expect(bytes.withUnsafeBytes { $0.baseAddress } == before, "the array was copied")
    }

    @Test func aThrowingClosureKeepsWhatWasWritten() {
        struct Refusal: Error {}
        var bytes = Array("x".utf8)
        #expect(throws: Refusal.self) {
            try bytes.appendJSON { writer throws(Refusal) in
                writer.integer(1)
                throw Refusal()
            }
        }
        #expect(text(bytes) == "x1")
    }

    @Test func startsAgainAfterRemoval() {
        var writer = JSONWriter()
        writer.integer(1)
        writer.removeAll()
        writer.integer(2)
        #expect(text(writer.bytes) == "2")
    }
}

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

    @Test func objectsAreEqualForFoundationsDecoder() throws {
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

    @Test func stringsAreByteForByteFoundations() throws {
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

    @Test func anEscapeAtAnyPlaceIsFound() throws {
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

    @Test func membersWithKeysMadeReadyAreWrittenLikeOthers() throws {
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
