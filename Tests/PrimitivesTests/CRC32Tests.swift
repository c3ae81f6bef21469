import Primitives
import Testing

@Suite struct CRC32Tests {
    @Test func `checksums are those of ISO 3309`() {
        #expect(CRC32.checksum([]) == 0)
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
    }
}
