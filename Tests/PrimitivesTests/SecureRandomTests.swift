import Testing

@testable import Primitives

@Suite struct SecureRandomTests {
    @Test(arguments: [-1, 0, 1, 7, 8, 9, 16, 31, 1000, 5000])
    func `as many random bytes are given as asked for`(count: Int) {
        #expect(SecureRandom.bytes(count).count == max(0, count))
        #expect(SecureRandom.hex(bytes: count).utf8.count == max(0, count) * 2)
    }

    @Test func `random bytes do not repeat`() {
        #expect(Set((0..<2_000).map { _ in SecureRandom.bits64() }).count == 2_000)
        #expect(Set((0..<500).map { _ in SecureRandom.hex(bytes: 16) }).count == 500)
    }

    @Test func `every byte value occurs about equally often`() {
        // 256,000 bytes: 1,000 of each are expected, with a deviation of 32; 700 and 1,300 are more than nine away.
        var counts = [Int](repeating: 0, count: 256)
        for byte in SecureRandom.bytes(256_000) { counts[Int(byte)] += 1 }
        #expect(counts.allSatisfy { (700...1_300).contains($0) })
    }

    @Test func `bytes that were given out are erased`() {
        var pool = RandomPool()
        for _ in 0..<100 { _ = pool.bits64() }
        #expect(pool.consumedWords.allSatisfy { $0 == 0 })
        #expect(pool.consumedWords.count == 100)
    }
}
