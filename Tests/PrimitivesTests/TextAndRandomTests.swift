import Testing

@testable import Primitives

@Suite struct HexTests {
    @Test func writesLowerAndReadsEitherCase() {
        // RFC 4648 section 10.
        #expect(Hex.encode(Array("foobar".utf8)) == "666f6f626172")
        #expect(Hex.decode("666F6f626172") == Array("foobar".utf8))
        #expect(Hex.encode([]) == "")
        #expect(Hex.decode("") == [])
        #expect(Hex.encode(0...255).utf8.count == 512)
        #expect(Hex.decode(Hex.encode(0...255)) == Array(0...255))
    }

    @Test(arguments: ["0", "0g", "zz", "00 1", "0x00", "é", "+1"])
    func refusesAnythingElse(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func eightDigitsAtOnce() {
        for _ in 0..<1_000 {
            let bits = UInt32.random(in: 0 ... .max)
            let expected = String(bits, radix: 16)
            let text = withUnsafeBytes(of: Hex.digits(bits).bigEndian) { String(decoding: $0, as: UTF8.self) }
            #expect(text == String(repeating: "0", count: 8 - expected.count) + expected)
        }
    }
}

@Suite struct SecureRandomTests {
    @Test(arguments: [-1, 0, 1, 7, 8, 9, 16, 31, 1000, 5000])
    func givesAsManyBytesAsAsked(count: Int) {
        #expect(SecureRandom.bytes(count).count == max(0, count))
        #expect(SecureRandom.hex(bytes: count).utf8.count == max(0, count) * 2)
    }

    @Test func doesNotRepeat() {
        #expect(Set((0..<2_000).map { _ in SecureRandom.bits64() }).count == 2_000)
        #expect(Set((0..<500).map { _ in SecureRandom.hex(bytes: 16) }).count == 500)
    }

    @Test func everyByteValueOccursAboutEquallyOften() {
        // 256,000 bytes: 1,000 of each are expected, with a deviation of 32; 700 and 1,300 are more than nine away.
        var counts = [Int](repeating: 0, count: 256)
        for byte in SecureRandom.bytes(256_000) { counts[Int(byte)] += 1 }
        #expect(counts.allSatisfy { (700...1_300).contains($0) })
    }

    @Test func handedOutBytesAreErased() {
        var pool = RandomPool()
        for _ in 0..<100 { _ = pool.bits64() }
        #expect(pool.consumedWords.allSatisfy { $0 == 0 })
        #expect(pool.consumedWords.count == 100)
    }
}

@Suite struct DecimalNumberTests {
    @Test(
        arguments: [
            ("0", [], 0), ("-0.00", [], 0), ("12.50", [1, 2, 5], -1), ("1200", [1, 2], 2), ("0.001", [1], -3),
            ("1.5e3", [1, 5], 2), ("15E-1", [1, 5], -1), ("100e+2", [1], 4), ("0e7", [], 0),
            ("1e99999999999", [1], 1_000_000_000),
        ] as [(String, [UInt8], Int)])
    func takesTheTextApart(text: String, digits: [UInt8], exponent: Int) {
        #expect(DecimalNumber(text)?.digits == digits)
        #expect(DecimalNumber(text)?.exponent == exponent)
        #expect(DecimalNumber(text)?.isNegative == text.hasPrefix("-"))
    }

    @Test(arguments: [
        "", "-", "+1", "01", "00", "-01", "1.", ".1", "1.e1", "1e", "1e+", "1e1.0", "NaN", "inf", "1 ", "--1", "1-",
    ])
    func refusesAnythingElse(text: String) {
        #expect(DecimalNumber(text) == nil)
    }

    @Test func readsWhatSwiftWrites() {
        for _ in 0..<2_000 {
            let value = Double(bitPattern: .random(in: 0 ... .max))
            #expect((DecimalNumber(value.description) != nil) == value.isFinite)
        }
    }
}
