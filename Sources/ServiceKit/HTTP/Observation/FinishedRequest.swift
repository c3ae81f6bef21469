package import HTTPTypes
import NIOCore
package import Primitives

/// What a request was, once its response has been made.
package struct FinishedRequest: Sendable {
    /// Empty if the head of the request could not be read.
    package let method: String
    /// Path without the query, as sent; empty if the head could not be read.
    package let path: String
    /// Query as sent, without the question mark.
    package let query: String
    /// The operation that handled it, as its position in ``HTTPService/operations``; nil if there was none.
    package let operation: Int?
    /// The path template of the operation, such as `/tenants/{id}`; nil if there was none.
    package let route: String?
    /// HTTP status of the response.
    package let status: Int
    /// When it arrived.
    package let start: ContinuousClock.Instant
    /// The same by the clock of the service.
    package let startedAt: Timestamp
    /// Time from its arrival until the response was made.
    package let durationNanoseconds: Int64
    /// Length of the body that was read.
    package let requestBytes: Int
    /// Length of the body of the response; 0 where it is not known in advance.
    package let responseBytes: Int
    /// Contains secrets, and so may ``query`` and ``responseHeaders``.
    package let requestHeaders: HTTPFields
    package let responseHeaders: HTTPFields
    /// What became known while the request was handled: who called, on behalf of which tenant.
    package let notes: RequestAnnotations.Values
    /// The name by which the client has called this service, with the port if it has sent one.
    package let host: String?
    let peer: SocketAddress?
    let clientAddress: ClientAddressResolver?

    /// The client, or the peer where no trusted proxy says who the client is.
    package var remoteAddress: ClientAddress {
        clientAddress?.address(peer: peer, headers: requestHeaders) ?? ClientAddress(peer)
    }
}
