package import Hummingbird
import Logging
package import NIOCore
package import Primitives
import Synchronization

/// What Hummingbird hands along with each request.
package struct ServiceRequestContext: RequestContext, RemoteAddressRequestContext {
    /// Hummingbird's own part.
    package var coreContext: CoreRequestContextStorage
    /// Address of the peer of the connection; nil on a unix socket.
    package let remoteAddress: SocketAddress?
    /// The connection.
    let channel: any Channel
    /// Filled in while the request is handled, for its observers.
    package let annotations: RequestAnnotations

    /// Makes one from its parts.
    package init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.remoteAddress = source.channel.remoteAddress
        self.channel = source.channel
        self.annotations = RequestAnnotations()
    }
}

/// Facts about a request that only become known while it is handled.
package final class RequestAnnotations: Sendable {
    /// What is known so far.
    package struct Values: Sendable {
        /// Subject of the token, if there was one.
        package var userID: String?
        /// Tenant to which the caller is confined.
        package var tenantID: Identifier?
        /// Identifier of the request.
        package var requestID = ""
        /// What kind of caller it is.
        package var caller = CallerKind.anonymous
        /// The operation, as its position in ``HTTPService/operations``.
        var operation: Int?
        /// Length of the body that was read.
        var requestBytes = 0
    }

    private let values = Mutex(Values())

    /// Changes the values.
    package func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

    /// The values now.
    package var current: Values { values.withLock { $0 } }
}
