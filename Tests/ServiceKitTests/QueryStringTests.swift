import Testing

@testable import ServiceKit

@Suite
struct QueryStringTests {
    @Test func `pairs are decoded in order`() {
        let pairs = QueryString.pairs("filter%5Bwhere%5D%5Bname%5D=a+b%26c&limit=5&flag&=x")
        #expect(pairs.map(\.name) == ["filter[where][name]", "limit", "flag", ""])
        #expect(pairs.map(\.value) == ["a b&c", "5", "", "x"])
    }

    @Test func `broken escapes stand for themselves`() {
        #expect(QueryString.first("a", in: "a=%zz%4") == "%zz%4")
    }

    @Test func `bytes that are not UTF-8 become replacement characters`() {
        #expect(QueryString.first("a", in: "a=%ff") == "\u{FFFD}")
    }

    @Test func `the first of several values counts`() {
        #expect(QueryString.first("a", in: "a=1&a=2") == "1")
        #expect(QueryString.first("b", in: "a=1") == nil)
    }

    @Test func `whole numbers are read in any notation of JSON`() {
        for text in ["10", "1e1", "1E%2B1", "10.0", "100e-1"] {
            #expect(QueryString.integer("n", in: "n=\(text)&n=3") == 10, "\(text)")
        }
        for text in ["", "x", "1.5", "%2010x", "9223372036854775808", "null", "010"] {
            #expect(QueryString.integer("n", in: "n=\(text)") == nil, "\(text)")
        }
        #expect(QueryString.integer("m", in: "n=1") == nil)
    }

    @Test func `a plus in a path is kept`() {
        #expect("a+b%20c".removingPercentEncoding() == "a+b c")
    }
}
