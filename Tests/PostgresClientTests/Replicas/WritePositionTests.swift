import Testing

@testable import PostgresClient

@Suite struct WritePositionTests {
    @Test func `a position is read as it was written`() {
        for position in [
            WritePosition(cluster: 0, timeline: 1, place: 0), WritePosition(cluster: 0xAB, timeline: 16, place: .max),
            WritePosition(cluster: .max, timeline: .max, place: 0x3000060),
        ] {
            #expect(WritePosition(position.description) == position)
        }
        #expect(WritePosition(cluster: 0xAB, timeline: 16, place: 0x3000060).description == "000000ab-10-3000060")
    }

    @Test(arguments: [
        "", "-", "--", "000000ab-1", "000000ab-1-2-3", "0000ab-1-2", "000000ab--2", "000000ab-1-", "000000AB-1-2",
        "000000ab-+1-2", "000000ab-1-10000000000000000", "000000ab-100000000-1", "000000ab-1-g", " 000000ab-1-2",
    ]) func `other texts are no positions`(text: String) {
        #expect(WritePosition(text) == nil)
        #expect(WritePositions(text) == nil)
    }

    @Test func `the last position of a cluster counts, and positions of others show nothing`() throws {
        let positions = try #require(WritePositions("000000ab-1-9, 000000ab-2-5 ,000000ab-2-4,000000cd-3-1"))
        #expect(positions.required(of: 0xAB) == WritePosition(cluster: 0xAB, timeline: 2, place: 5))
        #expect(positions.required(of: 0xCD) == WritePosition(cluster: 0xCD, timeline: 3, place: 1))
        #expect(positions.required(of: 0xEF) == nil)
        let nothing = try #require(WritePositions("0"))
        #expect(nothing.required(of: 0xEF) == WritePosition(cluster: 0xEF, timeline: 0, place: 0))
        #expect(WritePositions(Array(repeating: "000000ab-1-9", count: 16).joined(separator: ",")) != nil)
        #expect(WritePositions(Array(repeating: "000000ab-1-9", count: 17).joined(separator: ",")) == nil)
        #expect(WritePositions("000000ab-1-9,") == nil)
    }

    @Test func `clusters have different digests`() {
        let identifiers: [Int64] = [7_713_687_021_250_169_141, 7_713_687_021_250_169_142, -1, 0]
        #expect(Set(identifiers.map(WritePosition.digest)).count == identifiers.count)
    }
}
