import JSONCoding
import Primitives
import Testing

@Suite struct JSONWriterTests {
    @Test func `commas are placed correctly`() {
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

    @Test func `absent members are null or left out`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", nil as String?)
        writer.memberIfPresent("b", nil as Int?)
        writer.memberIfPresent("c", 3)
        writer.member("d", [nil, true] as [Bool?])
        writer.endObject()
        #expect(text(writer.bytes) == #"{"a":null,"c":3,"d":[null,true]}"#)
    }

    @Test func `identifiers and timestamps are written`() throws {
        let identifier = try #require(Identifier("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        #expect(text([identifier, identifier].jsonBytes()) == #"["\#(identifier)","\#(identifier)"]"#)
        let instants = [0, 1_767_607_200_123, 253_402_300_800_000, -1].map { Timestamp(milliseconds: $0) }
        #expect(text(instants.jsonBytes()) == "[" + instants.map { "\"\($0)\"" }.joined(separator: ",") + "]")
    }

    @Test func `integers of every length are written`() {
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

    @Test func `numbers that JSON does not have are null`() {
        #expect(text([Double.nan, .infinity, -.infinity, 1].jsonBytes()) == "[null,null,null,1]")
        var writer = JSONWriter()
        writer.beginArray()
        for literal in ["NaN", "Infinity", "-Infinity", "", "+1", "01", "1.", ".5", "1e", "0x1", "1 ", "1_0"] {
            writer.number(literal: literal)
        }
        writer.endArray()
        #expect(text(writer.bytes) == "[" + repeatElement("null", count: 12).joined(separator: ",") + "]")
    }

    @Test func `a writer appends to existing bytes`() throws {
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

    @Test func `a throwing closure keeps what was written`() {
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

    @Test func `a writer starts again after removal`() {
        var writer = JSONWriter()
        writer.integer(1)
        writer.removeAll()
        writer.integer(2)
        #expect(text(writer.bytes) == "2")
    }
}
