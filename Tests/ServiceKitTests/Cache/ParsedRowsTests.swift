import Entities
import JSONCoding
import NIOCore
import Primitives
import Testing

@testable import ServiceKit

@Suite struct ParsedRowsTests {
    private func content(_ version: Int64, size: Int = 2) throws -> EntityCache.Content {
        let bytes = ByteBuffer(repeating: 0x20, count: size)
        return try #require(EntityCache.Content(EntityCache.Body(version: version, bytes: bytes)))
    }

    /// Whether reading a row of this version parses its body.
    private func parses(_ rows: ParsedRows, _ id: Identifier, _ version: Int64, size: Int = 2) throws -> Bool {
        var count = 0
        let row = try rows.row(id, of: content(version, size: size)) {
            count += 1
            return ["version": .integer(version)]
        }
        #expect(row?.version == RowVersion(id: id, version: version))
        #expect(row?.members["version"] == .integer(version))
        return count == 1
    }

    @Test func `a body is parsed once for each version of its row`() throws {
        let (rows, id, other) = (ParsedRows(), Identifier.v4(), Identifier.v4())
        #expect(try parses(rows, id, 1))
        #expect(try !parses(rows, id, 1))
        #expect(try parses(rows, other, 1))
        #expect(try parses(rows, id, 2))
        #expect(try !parses(rows, id, 2))
        // A late reader of an older version gets that version, and does not replace the newer one.
        #expect(try parses(rows, id, 1))
        #expect(try !parses(rows, id, 2))
    }

    @Test func `a body that is no object is no row`() throws {
        #expect(try ParsedRows().row(.v4(), of: content(1)) { nil } == nil)
    }

    @Test func `large bodies and too many rows are not kept`() throws {
        let (rows, id) = (ParsedRows(), Identifier.v4())
        #expect(try parses(rows, id, 1, size: ParsedRows.largestBody + 1))
        #expect(try parses(rows, id, 1, size: ParsedRows.largestBody + 1))
        #expect(try parses(rows, id, 1, size: ParsedRows.largestBody))
        #expect(try !parses(rows, id, 1, size: ParsedRows.largestBody))
        for _ in 1..<ParsedRows.capacity { #expect(try parses(rows, .v4(), 1)) }
        #expect(try !parses(rows, id, 1))
        #expect(try parses(rows, .v4(), 1))
        #expect(try parses(rows, id, 1), "the rows are collected anew")
    }
}
