package import Configuration
package import ConfigurationChecks
import FoundationEssentials
package import NIOCore

/// The name servers and the time for a lookup.
package struct DNSConfiguration: Sendable {
    /// In the order in which they are asked.
    package var servers: [SocketAddress]
    package var timeout: Duration

    private enum Settings {
        static let servers = Setting<[SocketAddress]?>.parsed(
            "DNS_RESOLVER", default: nil, unset: "those of `/etc/resolv.conf`",
            values: "1 to 3 addresses such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353",
            "Recursive name servers, separated by commas, for the proof of mail domains"
        ) { text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.split(separator: " ") }
            let servers = parts.compactMap { words in words.count == 1 ? address(String(words[0])) : nil }
            guard servers.count == parts.count, (1...maximumServers).contains(servers.count) else { return .none }
            return .some(servers)
        }
        static let timeout = Setting.duration(
            "DNS_TIMEOUT_MILLIS", default: 5000, in: 100...60_000, "Time for a lookup with all its queries")
    }

    package static let configurationKeys = ConfigurationKeys("DNS", [Settings.servers, Settings.timeout])

    private static let port = 53
    /// As many as the resolver of the system uses.
    private static let maximumServers = 3

    package init(servers: [SocketAddress], timeout: Duration = .seconds(5)) {
        self.servers = servers
        self.timeout = timeout
    }

    /// - Throws: ``ConfigurationFailure`` for a value that cannot be used.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        timeout = try reader.value(Settings.timeout)
        servers = try reader.value(Settings.servers) ?? Self.systemServers()
    }

    /// An IP address, with a port behind a colon; an IPv6 address with a port is in brackets.
    static func address(_ text: String) -> SocketAddress? {
        if let address = try? SocketAddress(ipAddress: text, port: port) { return address }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return try? SocketAddress(ipAddress: String(host), port: Int(port))
    }

    /// The name servers of `/etc/resolv.conf`; without any, the one on this machine (resolv.conf(5)).
    private static func systemServers() -> [SocketAddress] {
        let file = (try? Data(contentsOf: URL(fileURLWithPath: "/etc/resolv.conf"))) ?? Data()
        let found = nameServers(in: String(decoding: file, as: UTF8.self))
        if !found.isEmpty { return found }
        return address("127.0.0.1").map { [$0] } ?? []
    }

    /// The addresses that lines with `nameserver` have. Those with a zone (`fe80::1%eth0`) are left out.
    static func nameServers(in text: String) -> [SocketAddress] {
        let addresses = text.split(separator: "\n").compactMap { line -> SocketAddress? in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, words[0] == "nameserver", !words[1].contains("%") else { return nil }
            return try? SocketAddress(ipAddress: String(words[1]), port: port)
        }
        return Array(addresses.prefix(maximumServers))
    }
}
