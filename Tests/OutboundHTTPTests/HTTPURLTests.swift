import OutboundHTTP
import Testing

@Suite struct HTTPURLTests {
    @Test func `the parts of a URL are read`() throws {
        let url = try #require(HTTPURL("https://id.example.com:8443/a?b=c"))
        #expect(url.isSecure && url.host == "id.example.com" && url.hasQuery && !url.isLoopback)
        let local = try #require(HTTPURL("HTTP://[::1]:80"))
        #expect(!local.isSecure && local.host == "::1" && local.isLoopback && !local.hasQuery)
        for port in [":1", ":65535", ":", ""] {
            #expect(HTTPURL("http://example.com\(port)/a:0?b:0") != nil, "\(port)")
        }
        #expect(HTTPURL("http://[::1]/")?.host == "::1")
        #expect(HTTPURL("http://127.1.2.3/")?.isLoopback == true)
        #expect(HTTPURL("http://127.0.0.1.example.com/")?.isLoopback == false)
    }

    @Test(arguments: [
        "", "example.com", "ftp://example.com", "http://", "http:///a", "http://u@example.com",
        "http://u:p@example.com",
        "http://example.com:0/", "http://example.com:65536", "http://example.com:99999999999999999999/",
        "http://[::1]:0",
        "http://example.com:x/", "http://example.com:-1/", "http://example.com/#f", "http://exa mple.com",
        "http://example.com/ä",
    ])
    func `anything else is refused`(text: String) {
        #expect(HTTPURL(text) == nil && !HTTPURL.isValid(text))
    }

    @Test func `headers that could smuggle others are refused`() {
        #expect(HTTPURL.isHeader(name: "authorization", value: "Bearer x"))
        #expect(!HTTPURL.isHeader(name: "a b", value: "x") && !HTTPURL.isHeader(name: "", value: "x"))
        #expect(!HTTPURL.isHeader(name: "a", value: "x\r\ny: z") && !HTTPURL.isHeader(name: "a:", value: "x"))
    }
}
