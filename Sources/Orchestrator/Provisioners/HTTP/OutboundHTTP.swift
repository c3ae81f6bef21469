import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ServiceKit

/// Sends JSON to others: no redirects, no retries of its own, bounded times, addresses looked at after name resolution.
final class OutboundHTTP: Sendable {
    /// What became of a request.
    enum Outcome: Sendable, Hashable {
        /// It was answered.
        /// - Parameter retryAfter: What a `Retry-After` header in seconds says (RFC 9110 section 10.2.3).
        case answered(status: Int, retryAfter: Duration?)
        /// It was not answered; the words say why, without data.
        case failed(reason: String)
    }

    private let client: OutboundHTTPClient

    /// - Parameter allowsInternalAddresses: Whether requests may go to this machine and to private networks.
    ///   Link-local addresses and metadata services are always refused.
    init(allowsInternalAddresses: Bool) {
        client = OutboundHTTPClient(silence: .seconds(300)) { channel in
            let kind = channel.remoteAddress.map { OutboundAddress.kind(of: $0) } ?? .internalNetwork
            let isAllowed = kind == .global || (kind == .internalNetwork && allowsInternalAddresses)
            return isAllowed
                ? channel.eventLoop.makeSucceededVoidFuture()
                : channel.eventLoop.makeFailedFuture(AddressRefused(kind: kind))
        }
    }

    /// Sends a POST with a JSON body. Never throws: what went wrong is an outcome.
    func post(
        _ url: String, headers: [String: String], body: [UInt8], timeout: Duration
    ) async -> Outcome {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "arc-orchestrator")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: timeout)
            // Read to its end, so that the connection can be used again; nobody looks at what it says.
            _ = try? await response.body.collect(upTo: 64 * 1024)
            let retryAfter = response.headers.first(name: "retry-after").flatMap { Int($0) }
            return .answered(
                status: Int(response.status.code), retryAfter: retryAfter.map { .seconds(max(0, min($0, 86_400))) })
        } catch {
            return .failed(reason: error.reason)
        }
    }

    /// Closes all connections.
    func shutdown() async { await client.shutdown() }
}
