package import Hummingbird
import Logging
package import NIOCore
package import Primitives
import Synchronization

/// What Hummingbird hands along with each request.
package struct ServiceRequestContext: RequestContext, RemoteAddressRequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Address of the peer of the connection; nil on a unix socket.
    package let remoteAddress: SocketAddress?
    /// Filled in while the request is handled, for the access log.
    package let annotations: RequestAnnotations

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.remoteAddress = source.channel.remoteAddress
        self.annotations = RequestAnnotations()
    }
}

/// Facts about a request that only become known while it is handled.
package final class RequestAnnotations: Sendable {
    /// See ``AccessLog/Entry``.
    package struct Values: Sendable {
        package var userID: String?
        package var tenantID: Identifier?
        package var requestID = ""
    }

    private let values = Mutex(Values())

    package func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

    package var current: Values { values.withLock { $0 } }
}
