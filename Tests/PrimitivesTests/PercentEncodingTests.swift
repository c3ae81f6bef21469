import Primitives
import Testing

@Suite struct PercentEncodingTests {
    @Test func `everything but unreserved characters is encoded`() {
        #expect(PercentEncoding.encode("a/b?c=d&e f%é") == "a%2Fb%3Fc%3Dd%26e%20f%25%C3%A9")
        #expect(PercentEncoding.encode("AZaz09-._~") == "AZaz09-._~")
        #expect(PercentEncoding.encode("a/b c") { $0 != UInt8(ascii: " ") } == "a/b%20c")
        #expect(PercentEncoding.form([("a", "1 2"), ("b", "&=+")]) == "a=1%202&b=%26%3D%2B")
    }

    @Test(arguments: [("", ""), ("abc", "abc"), ("a%2Fb", "a/b"), ("%c3%A9", "é"), ("+", "+"), ("%2525", "%25")])
    func `escapes are decoded once`(text: String, expected: String) {
        #expect(PercentEncoding.decode(text) == expected)
        #expect(PercentEncoding.decodeLeniently(Array(text.utf8)) == expected)
    }

    @Test(arguments: [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%f", "a%f"), ("%ff", "\u{FFFD}")])
    func `malformed escapes are refused, or kept when decoding leniently`(text: String, lenient: String) {
        #expect(PercentEncoding.decode(text) == nil)
        #expect(PercentEncoding.decodeLeniently(Array(text.utf8)) == lenient)
    }
}
