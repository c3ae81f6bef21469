import Testing

@testable import Primitives

@Suite struct IdentifierTests {
    @Test func `an identifier is read and written in its canonical form`() throws {
        // The version 7 example of RFC 9562, appendix A.6.
        let identifier = try #require(Identifier("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(identifier.high == 0x017F_22E2_79B0_7CC3)
        #expect(identifier.low == 0x98C4_DC0C_0C07_398F)
        #expect(identifier.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        // 2022-02-22T14:22:22-05:00
        #expect(identifier.timestamp == Timestamp(milliseconds: 1_645_557_742_000))
    }

    @Test func `any bits survive their text`() throws {
        for _ in 0..<2_000 {
            let identifier = Identifier(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
            #expect(Identifier(identifier.description) == identifier)
            #expect(Identifier(identifier.description.uppercased()) == identifier)
            var bytes: [UInt8] = [1]
            identifier.append(to: &bytes)
            #expect(bytes == [1] + Array(identifier.description.utf8))
        }
    }

    @Test(arguments: [
        "", "017f22e2", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b07-cc3-98c4-dc0c0c07398f",
        "017f22e2 79b0 7cc3 98c4 dc0c0c07398f", " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "+17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c0739\u{e9}",
    ])
    func `any other text is refused`(text: String) {
        #expect(Identifier(text) == nil)
    }

    @Test func `substrings and strings that are not contiguous are read`() {
        let text = "id=017f22e2-79b0-7cc3-98c4-dc0c0c07398f;"
        #expect(Identifier(text.dropFirst(3).dropLast()) != nil)
    }

    @Test func `order is the order of the text`() {
        var identifiers = (0..<500).map { _ in Identifier(high: .random(in: 0...3), low: .random(in: 0 ... .max)) }
        identifiers.sort()
        #expect(identifiers.map(\.description) == identifiers.map(\.description).sorted())
    }

    @Test func `version 4 has its version and variant and does not repeat`() {
        let identifiers = (0..<5_000).map { _ in Identifier.v4() }
        #expect(identifiers.allSatisfy { ($0.high >> 12) & 0xF == 4 && $0.low >> 62 == 2 })
        #expect(Set(identifiers).count == identifiers.count)
        #expect(identifiers.allSatisfy { $0.timestamp == nil })
    }

    @Test func `version 7 contains its time`() {
        // Other tests move the generator of the process too: a far future is not within a second of theirs.
        let time = Timestamp(milliseconds: 200_000_000_000_123)
        let identifier = Identifier.v7(at: time)
        #expect((identifier.high >> 12) & 0xF == 7)
        #expect(identifier.low >> 62 == 2)
        #expect(identifier.timestamp == time)
    }

    @Test func `times before 1970 count as 1970`() {
        var generator = TimeOrderedGenerator()
        #expect(generator.next(at: Timestamp(seconds: -5)).timestamp == Timestamp(seconds: 0))
    }

    @Test func `concurrent calls never repeat`() async {
        let now = SystemClock().now()
        let all = await withTaskGroup(of: [Identifier].self) { group in
            for _ in 0..<4 { group.addTask { (0..<5_000).map { _ in Identifier.v7(at: now) } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == 20_000)
    }
}
