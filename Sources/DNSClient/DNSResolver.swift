import NIOCore
import NIOPosix
import Primitives

/// Asks recursive name servers for TXT records, over UDP and, for long answers, over TCP.
///
/// A lookup has one deadline for all its queries. An answer counts only if it comes from the server that was asked, with the id and
/// the question of the query; everything else is ignored. Each query has a new socket and so a new random port. Nothing
/// is cached: servers do that.
package struct DNSResolver: Sendable {
    private let configuration: DNSConfiguration

    /// Each server is asked again when it has not answered: a datagram may get lost.
    private static let rounds = 2

    package init(configuration: DNSConfiguration) {
        self.configuration = configuration
    }

    /// The texts of a name, one for each TXT record, without what is not UTF-8; empty when there are none.
    /// - Throws: the error of the last server.
    package func texts(of name: DNSName) async throws(DNSError) -> [String] {
        let deadline = NIODeadline.now() + TimeAmount(configuration.timeout)
        let attempts = configuration.servers.count * Self.rounds
        var problem = DNSError.unreachable
        for attempt in 0..<attempts {
            let now = NIODeadline.now()
            guard now < deadline else { throw .timedOut }
            // Each attempt has its share of the time that is left.
            let share = now + TimeAmount.nanoseconds((deadline - now).nanoseconds / Int64(attempts - attempt))
            do {
                return try await ask(
                    configuration.servers[attempt % configuration.servers.count], for: name, until: share, deadline)
            } catch {
                guard error != .cancelled else { throw error }
                problem = error
            }
        }
        throw problem
    }

    /// - Parameter deadline: That of the lookup. A query over TCP may use all the time, because the server has responded.
    private func ask(
        _ server: SocketAddress, for name: DNSName, until end: NIODeadline, _ deadline: NIODeadline
    ) async throws(DNSError) -> [String] {
        let query = DNSQuery(name)
        var answer = try await DNSExchange.run(query, with: server, over: .udp, until: end)
        if answer == .truncated { answer = try await DNSExchange.run(query, with: server, over: .tcp, until: deadline) }
        switch answer {
        case .records(let records):
            return records.texts(of: name).compactMap { String(validating: $0, as: UTF8.self) }
        case .truncated: throw .malformed
        case .failure(let code): throw .refused(code: code)
        }
    }
}
