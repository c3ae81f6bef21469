import Testing

@testable import Primitives

@Suite struct HexTests {
    @Test func `hexadecimal is written in lower case and read in either case`() {
        // RFC 4648 section 10.
        #expect(Hex.encode(Array("foobar".utf8)) == "666f6f626172")
        #expect(Hex.decode("666F6f626172") == Array("foobar".utf8))
        #expect(Hex.encode([]) == "")
        #expect(Hex.decode("") == [])
        #expect(Hex.encode(0...255).utf8.count == 512)
        #expect(Hex.decode(Hex.encode(0...255)) == Array(0...255))
    }

    @Test(arguments: ["0", "0g", "zz", "00 1", "0x00", "é", "+1"])
    func `any other text is refused`(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func `eight digits are written at once`() {
        for _ in 0..<1_000 {
            let bits = UInt32.random(in: 0 ... .max)
            let expected = String(bits, radix: 16)
            let text = withUnsafeBytes(of: Hex.digits(bits).bigEndian) { String(decoding: $0, as: UTF8.self) }
            #expect(text == String(repeating: "0", count: 8 - expected.count) + expected)
        }
    }
}
