import JSONCoding
import Testing

@Suite struct JSONRoundTripTests {
    @Test func `every value survives writing and parsing`() throws {
        for _ in 0..<1_000 {
            let value = randomValue(depth: 4)
            let bytes = value.serialized()
            let parsed = try JSONValue.parse(bytes)
            #expect(parsed == value)
            #expect(parsed.serialized() == bytes)
        }
    }

    @Test func `every string survives writing and parsing byte for byte`() throws {
        for _ in 0..<5_000 {
            let value = randomText()
            #expect(try JSONValue.parse(value.jsonBytes()).stringValue.map { Array($0.utf8) } == Array(value.utf8))
        }
    }

    @Test func `every double survives writing and parsing`() throws {
        for _ in 0..<20_000 {
            let value = Double(bitPattern: .random(in: 0 ... .max))
            guard value.isFinite else { continue }
            let parsed = try JSONValue.parse(value.jsonBytes())
            #expect(parsed.doubleValue == value)
        }
    }

    @Test func `repeated keys are refused where the limits say so`() throws {
        let limits = JSONLimits(allowsRepeatedKeys: false)
        for text in [#"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"a":null,"a":null}}]"#] {
            #expect(throws: JSONParseError.self) { try JSONValue.parse(text, limits: limits) }
            _ = try JSONValue.parse(text)
        }
        _ = try JSONValue.parse(#"{"a":{"a":1},"A":[{"a":1},{"a":1}]}"#, limits: limits)
    }

    @Test func `no bytes crash the parser`() throws {
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: 0 ... .max) }
            check(bytes)
        }
        let alphabet = Array("{}[]\",:\\u0123456789abcdefD83dEtrunlse+-. \n\u{e9}\u{20ac}".utf8)
        for _ in 0..<50_000 {
            check((0..<Int.random(in: 0...24)).map { _ in alphabet.randomElement() ?? 0 })
        }
        for _ in 0..<5_000 {
            var bytes = randomValue(depth: 3).serialized()
            guard !bytes.isEmpty else { continue }
            bytes[Int.random(in: 0..<bytes.count)] = .random(in: 0 ... .max)
            check(bytes)
            check(Array(bytes.prefix(Int.random(in: 0...bytes.count))))
        }
    }

    /// Either an error within the text, or a value that is written and read again as itself.
    private func check(_ bytes: [UInt8]) {
        do {
            let value = try JSONValue.parse(bytes)
            #expect((try? JSONValue.parse(value.serialized())) == value)
        } catch {
            #expect((0...bytes.count).contains(error.offset))
        }
    }
}
