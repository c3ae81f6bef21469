import Synchronization

/// In which order several hosts are tried: libpq takes the first that will do, and waits for each that does not answer. So the one that
/// led to a connection last comes first, and after a failure the next one does.
final class HostOrder: Sendable {
    /// Where the order begins.
    private let first = Atomic(0)

    /// The hosts and their ports in the order of the next attempt, as libpq takes them.
    /// - Parameters:
    ///   - host: One or several, separated by commas.
    ///   - port: One, or one for each host.
    func arrange(host: String, port: String) -> (host: String, port: String) {
        let hosts = Self.parts(host)
        let ports = Self.parts(port)
        let start = first.load(ordering: .relaxed)
        guard hosts.count > 1, start % hosts.count != 0 else { return (host, port) }
        let hasPorts = ports.count == hosts.count
        return (Self.rotated(hosts, by: start), hasPorts ? Self.rotated(ports, by: start) : port)
    }

    /// A connection was made to this host, at this port.
    func succeeded(host: String, port: String, of configured: (host: String, port: String)) {
        let hosts = Self.parts(configured.host)
        let ports = Self.parts(configured.port)
        guard hosts.count > 1 else { return }
        let index = hosts.indices.first { hosts[$0] == host && (ports.count == 1 || ports[$0] == port) }
        if let index { first.store(index, ordering: .relaxed) }
    }

    /// No host would do.
    func failed(of host: String) {
        let count = Self.parts(host).count
        guard count > 1 else { return }
        first.store((first.load(ordering: .relaxed) + 1) % count, ordering: .relaxed)
    }

    private static func parts(_ text: String) -> [Substring] {
        text.split(separator: ",", omittingEmptySubsequences: false)
    }

    private static func rotated(_ parts: [Substring], by start: Int) -> String {
        let start = start % parts.count
        return (parts[start...] + parts[..<start]).joined(separator: ",")
    }
}
