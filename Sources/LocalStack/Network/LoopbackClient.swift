private import Dispatch
private import Glibc

/// One short question over TCP to a program on this machine: enough for readiness probes, no HTTP client needed.
package enum LoopbackClient {
    private static let queue = DispatchQueue(label: "arc.probe", attributes: .concurrent)
    private static let limit = 64 * 1024

    /// Sends the request and collects the answer until `until` is content, the peer closes or 2 s pass in silence.
    /// - Returns: what was answered, nil when nobody listens.
    static func exchange(
        host: String, port: UInt16, request: String, until: @escaping @Sendable (String) -> Bool
    ) async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: blockingExchange(host, port, request, until)) }
        }
    }

    /// Where to ask a program that listens on an address: one that stands for all addresses is reached by the loopback address.
    /// - Parameter host: The address; nil for 127.0.0.1.
    package static func reachable(_ host: String?) -> String {
        switch host {
        case nil, "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        case let host?: host
        }
    }

    /// Host and port as URLs and the header field `Host` have them.
    package static func authority(host: String, port: UInt16) -> String {
        "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// The status of `GET path`, nil when there is no HTTP answer.
    /// - Parameter host: An IPv4 or IPv6 address, or `localhost`.
    package static func status(host: String, port: UInt16, path: String) async -> Int? {
        let request = "GET \(path) HTTP/1.1\r\nHost: \(authority(host: host, port: port))\r\nConnection: close\r\n\r\n"
        let answer = await exchange(host: host, port: port, request: request) { $0.contains("\r\n") }
        guard let words = answer?.prefix(32).split(separator: " "), words.count > 1, words[0].hasPrefix("HTTP/1") else {
            return nil
        }
        return Int(words[1].prefix(3))
    }

    private static func blockingExchange(
        _ host: String, _ port: UInt16, _ request: String, _ until: (String) -> Bool
    ) -> String? {
        guard let address = SocketAddress(host: host, port: port) else { return nil }
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        guard address.withPointer({ connect(descriptor, $0, $1) }) == 0 else { return nil }
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return nil }

        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while answer.count < limit {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer.append(contentsOf: buffer[..<count])
            if until(String(decoding: answer, as: UTF8.self)) { break }
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
