import ConfigurationChecks
import Testing

@Suite struct ServerAddressTests {
    @Test func `a host may have a port, and an IPv6 address needs brackets`() {
        for (text, host, port) in [
            ("a", "a", 7), ("a:1", "a", 1), ("10.0.0.1:65535", "10.0.0.1", 65_535), ("[::1]", "::1", 7),
            ("[::1]:8", "::1", 8), ("/run/postgresql:5433", "/run/postgresql", 5433),
        ] {
            #expect(ServerAddress(text, defaultPort: 7) == ServerAddress(host: host, port: port))
        }
        for text in [
            "", ":", ":1", "a:", "a:0", "a:65536", "a:+1", "a:b", "::1", "[::1", "[]", "[::1]8", "a b", "a,b",
        ] {
            #expect(ServerAddress(text, defaultPort: 7) == nil, "\(text)")
        }
        #expect(ServerAddress(host: "::1", port: 8).description == "[::1]:8")
        #expect(ServerAddress(host: "a", port: 8).description == "a:8")
    }

    @Test func `a list has up to 16 different addresses`() {
        let two = [ServerAddress(host: "a", port: 7), ServerAddress(host: "b", port: 1)]
        #expect(ServerAddress.list(" a , b:1", defaultPort: 7) == two)
        for text in ["", "a,", "a,a:7", (0...16).map { "a\($0)" }.joined(separator: ",")] {
            #expect(ServerAddress.list(text, defaultPort: 7) == nil, "\(text)")
        }
    }
}
