import Primitives
import Testing

@Suite struct TarArchiveTests {
    private static let files = [
        ("a.txt", Array("hello".utf8)), ("folder/empty", []), ("folder/block", [UInt8](repeating: 7, count: 512)),
        ("folder/more", [UInt8](repeating: 9, count: 513)),
    ]

    private static var archive: [UInt8] {
        files.flatMap { TarArchive.entry($0, $1, seconds: 1_767_225_600) } + TarArchive.end
    }

    @Test func `what was written is read`() throws {
        let read = try TarArchive.files(in: Self.archive)
        #expect(read.map(\.name) == Self.files.map(\.0))
        #expect(read.map(\.content) == Self.files.map(\.1))
        #expect(Self.archive.count.isMultiple(of: 512))
    }

    @Test func `a header is the one of the format`() {
        let header = TarArchive.entry("a.txt", Array("hello".utf8), seconds: 0).prefix(512)
        let text = header.map { $0 == 0 ? "." : String(UnicodeScalar($0)) }.joined()
        #expect(text.hasPrefix("a.txt."))
        #expect(text.dropFirst(100).hasPrefix("0000644.0000000.0000000.00000000005.00000000000."))
        #expect(text.dropFirst(156).hasPrefix("0"))
        #expect(text.dropFirst(257).hasPrefix("ustar.00"))
    }

    @Test func `an archive that was cut off is refused wherever that is`() {
        for length in stride(from: 0, to: Self.archive.count - 1024, by: 100) {
            #expect(throws: TarError.self) { try TarArchive.files(in: Array(Self.archive.prefix(length))) }
        }
    }

    @Test func `a changed header is refused`() {
        for offset in [0, 100, 124, 150, 257] {
            var archive = Self.archive
            archive[offset] ^= 1
            #expect(throws: TarError.self) { try TarArchive.files(in: archive) }
        }
    }

    @Test(arguments: ["/etc/passwd", "../up", "a/../../b", ""])
    func `names that lead out of the archive are refused`(_ name: String) {
        let archive = TarArchive.entry(name, [1], seconds: 0) + TarArchive.end
        #expect(throws: TarError.unsupported) { try TarArchive.files(in: archive) }
    }
}
