import Testing

@testable import TenantManagement

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-0", 0, 0), ("bytes=2-5", 2, 5), ("bytes=2-", 2, 9), ("bytes=-3", 7, 9), ("bytes=-99", 0, 9),
        ("bytes=5-99", 5, 9), ("BYTES=0-0", 0, 0), ("bytes=0-99999999999999999999", 0, 9),
        ("bytes=-99999999999999999999", 0, 9),
    ])
    func `a range is read within the size`(_ header: String, _ first: Int64, _ last: Int64) throws {
        let range = try ByteRange(header: header, size: 10)
        #expect(range.first == first && range.last == last)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=-0", "bytes=5-4", "bytes=10-", "bytes=0-1,3-4", "items=0-1",
        "bytes=a-b",
        "bytes=0x1-2", "bytes=99999999999999999999-",
    ])
    func `other texts are not satisfiable`(_ header: String) {
        #expect(throws: ExportError.rangeNotSatisfiable(size: 10)) { try ByteRange(header: header, size: 10) }
    }

    @Test func `only ranges of bytes are understood`() {
        #expect(ByteRange.isUnderstood("bytes=0-1") && ByteRange.isUnderstood("Bytes=x"))
        for header in ["", "bytes", "items=0-1", "bytes:0-1"] { #expect(!ByteRange.isUnderstood(header), "\(header)") }
    }

    @Test func `a long range is cut off`() throws {
        let size = Int64(ByteRange.maximumLength) * 3
        #expect(try ByteRange(header: "bytes=1-", size: size).length == ByteRange.maximumLength)
    }
}
