import Testing

@testable import ServiceKit

@Suite("Query strings")
struct QueryStringTests {
    @Test func pairsAreDecodedInOrder() {
        let pairs = QueryString.pairs("filter%5Bwhere%5D%5Bname%5D=a+b%26c&limit=5&flag&=x")
        #expect(pairs.map(\.name) == ["filter[where][name]", "limit", "flag", ""])
        #expect(pairs.map(\.value) == ["a b&c", "5", "", "x"])
    }

    @Test func brokenEscapesStandForThemselves() {
        #expect(QueryString.first("a", in: "a=%zz%4") == "%zz%4")
    }

    @Test func bytesThatAreNotUTF8BecomeReplacementCharacters() {
        #expect(QueryString.first("a", in: "a=%ff") == "\u{FFFD}")
    }

    @Test func theFirstOfSeveralValuesCounts() {
        #expect(QueryString.first("a", in: "a=1&a=2") == "1")
        #expect(QueryString.first("b", in: "a=1") == nil)
    }

    @Test func aPlusInAPathStays() {
        #expect("a+b%20c".removingPercentEncoding() == "a+b c")
    }
}
