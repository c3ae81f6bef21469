import Testing

@testable import DNSClient

@Suite struct DNSMessageTests {
    @Test func `names are compared in lower case and without the dot at the end`() throws {
        #expect(DNSName("_ARC-Verification.Acme.COM.")?.text == "_arc-verification.acme.com")
        #expect(try #require(DNSName("a.bc")).wireFormat == [1, 97, 2, 98, 99, 0])
        let invalid = [
            "", ".", "a..b", ".a", "a b.com", "ä.com", "a.com\u{0}", String(repeating: "a", count: 64) + ".com",
            Array(repeating: "abcdefg", count: 32).joined(separator: "."),
        ]
        for text in invalid { #expect(DNSName(text) == nil, "\(text)") }
    }

    @Test func `a query is what RFC 1035 describes`() throws {
        let query = DNSQuery(try #require(DNSName("a.bc")), id: 0x1234)
        #expect(
            query.message == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 2, 98, 99, 0, 0, 16, 0, 1])
    }

    /// The answer with one TXT record to the query of the test above.
    private static let answer: [UInt8] =
        [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 97, 2, 98, 99, 0, 0, 16, 0, 1]
        + [0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 6, 2, 104, 105, 2, 33, 33]

    private static func read(_ message: [UInt8]) throws -> DNSAnswer? {
        try DNSQuery(try #require(DNSName("a.bc")), id: 0x1234).answer(in: message)
    }

    @Test func `an answer counts only for the query with its id and question`() throws {
        guard case .records(let records) = try Self.read(Self.answer) else {
            Issue.record("no records")
            return
        }
        let name = try #require(DNSName("a.bc"))
        #expect(records.texts(of: name) == [Array("hi!!".utf8)])
        // Another id, a query, another operation, no question, another name, another type, another class.
        for (place, value) in [(0, 0x13), (2, 0x01), (2, 0x91), (5, 0), (13, 98), (19, 1), (21, 3)] {
            var message = Self.answer
            message[place] = UInt8(value)
            #expect(try Self.read(message) == nil, "byte \(place)")
        }
        var upperCase = Self.answer
        upperCase[13] = 65
        #expect(try Self.read(upperCase) != nil)
    }

    @Test func `the flags of an answer say what it is`() throws {
        func changed(_ place: Int, _ value: UInt8) -> [UInt8] {
            var message = Self.answer
            message[place] = value
            return message
        }
        #expect(try Self.read(changed(2, 0x83)) == .truncated)
        #expect(try Self.read(changed(3, 0x83)) == .records([]))
        #expect(try Self.read(changed(3, 0x82)) == .failure(2))
        #expect(try Self.read(changed(3, 0x85)) == .failure(5))
    }

    @Test func `records that do not fit into the message are malformed`() throws {
        // More records than there are, a record that is too long, a string that is too long, a pointer to itself.
        for (place, value) in [(7, 2), (33, 200), (34, 9), (23, 22), (23, 200)] {
            var message = Self.answer
            message[place] = UInt8(value)
            #expect(throws: DNSError.malformed, "byte \(place)") { try Self.read(message) }
        }
        for length in 22..<Self.answer.count {
            #expect(throws: DNSError.malformed, "\(length) bytes") { try Self.read(Array(Self.answer.prefix(length))) }
        }
        for length in 0..<22 { #expect(try Self.read(Array(Self.answer.prefix(length))) == nil, "\(length) bytes") }
    }

    @Test func `no message makes the reader loop endlessly or crash`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var message = Self.answer + Self.answer.suffix(18)
            message[7] = 2
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                message[Int.random(in: 22..<message.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? Self.read(message)
        }
    }

    @Test func `aliases are followed, and circles end`() throws {
        let names = try ["a", "b", "c"].map { try #require(DNSName($0)) }
        let chain = [
            DNSRecord(owner: names[1], data: .alias(names[2])), DNSRecord(owner: names[0], data: .alias(names[1])),
            DNSRecord(owner: names[2], data: .text([1])),
        ]
        #expect(chain.texts(of: names[0]) == [[1]])
        let circle = [
            DNSRecord(owner: names[0], data: .alias(names[1])), DNSRecord(owner: names[1], data: .alias(names[0])),
            DNSRecord(owner: names[2], data: .text([1])),
        ]
        #expect(circle.texts(of: names[0]) == [])
    }
}
