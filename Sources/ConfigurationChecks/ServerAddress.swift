/// One of several servers of a kind, as a setting lists them: `host`, `host:port`, `[address]:port`, or the folder of a socket
/// with a port behind it (`/run/postgresql:5433`).
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Parameter defaultPort: For a text that names no port.
    package init?(_ text: String, defaultPort: Int) {
        var host = text[...]
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else { return nil }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            // An IPv6 address needs its brackets, or nobody knows where it ends.
            guard text.firstIndex(of: ":") == colon else { return nil }
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let isPrintable = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ",") }
        guard !host.isEmpty, isPrintable else { return nil }
        guard let port else {
            self.init(host: String(host), port: defaultPort)
            return
        }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
            (1...65_535).contains(number)
        else { return nil }
        self.init(host: String(host), port: number)
    }

    /// Up to 16 different addresses, separated by commas; nil if the text is something else.
    package static func list(_ text: String, defaultPort: Int) -> [ServerAddress]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let addresses = parts.compactMap { part -> ServerAddress? in
            let end = part.lastIndex { $0 != " " }.map(part.index(after:)) ?? part.endIndex
            return ServerAddress(String(part[..<end].drop { $0 == " " }), defaultPort: defaultPort)
        }
        guard addresses.count == parts.count, addresses.count <= 16, Set(addresses).count == addresses.count else {
            return nil
        }
        return addresses
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
