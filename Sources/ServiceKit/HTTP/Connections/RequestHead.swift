import NIOHTTP1

/// What the head of a request means for its connection, and the rules that apply to every operation.
struct RequestHead {
    private let version: HTTPVersion
    private let isKeepAlive: Bool
    private var hosts = 0
    private var host = ""
    private var expectations: [String] = []
    private var asksForUpgrade = false

    init(_ head: HTTPRequestHead) {
        version = head.version
        isKeepAlive = head.isKeepAlive && head.method != .CONNECT
        var hasUpgrade = false
        // One pass, by the lengths of the names: this is done for every request.
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where name.lowercased() == "host":
                hosts += 1
                host = value
            case 6 where name.lowercased() == "expect": expectations.append(value)
            case 7 where name.lowercased() == "upgrade": hasUpgrade = true
            default: break
            }
        }
        if hasUpgrade {
            asksForUpgrade = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        }
    }

    /// Whether it is of HTTP/1.0.
    var isHTTP10: Bool { version.major == 1 && version.minor == 0 }

    /// Whether the connection can go on after the answer. After a request for another protocol, the parser reads nothing
    /// more from the connection.
    var keepsAlive: Bool { isKeepAlive && !asksForUpgrade }

    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool {
        !isHTTP10 && !expectations.isEmpty && expectations.allSatisfy { $0.lowercased() == "100-continue" }
    }

    /// Why the head is rejected; nil when it is valid.
    var failure: HTTPFailure? {
        // RFC 9112 section 3.2: requests with several or malformed Host fields, and requests of HTTP/1.1 without one, are
        // answered with 400. If a proxy and a server interpret them differently, requests can be smuggled past the proxy.
        if hosts > 1 { return .badRequest("The request has more than one Host header field.") }
        if hosts == 1 {
            guard Self.isHost(host) else {
                return .badRequest("The Host header field of the request is malformed.")
            }
        } else if !isHTTP10 {
            return .badRequest("The request has no Host header field.")
        }
        if !isHTTP10, !expectations.isEmpty, !expectsContinue { return .expectationFailed }
        return nil
    }

    /// A registered name or an IP literal in brackets, and a port (RFC 3986 section 3.2.2, without the characters that no
    /// name of a host has).
    static func isHost(_ text: String) -> Bool {
        // Loops over a concrete type: this is done for every request, and closures are slow in debug builds.
        let bytes = text.utf8
        var index = bytes.startIndex
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let literal = String(Substring(bytes[bytes.index(after: index)..<end]))
            guard literal.contains(":"), ClientAddress(literal) != nil else { return false }
            index = bytes.index(after: end)
        } else {
            while index < bytes.endIndex, bytes[index] != UInt8(ascii: ":") {
                guard isHostCharacter(bytes[index]) else { return false }
                index = bytes.index(after: index)
            }
            guard index > bytes.startIndex else { return false }
        }
        guard index < bytes.endIndex else { return true }
        guard bytes[index] == UInt8(ascii: ":") else { return false }
        var port = 0
        index = bytes.index(after: index)
        while index < bytes.endIndex {
            guard (0x30...0x39).contains(bytes[index]) else { return false }
            port = port * 10 + Int(bytes[index] - 0x30)
            guard port <= UInt16.max else { return false }
            index = bytes.index(after: index)
        }
        return true
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}
