package import Hummingbird
import Logging
package import NIOCore
package import Primitives
import Synchronization
package import TraceRecording

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
    /// Those of the request that the current task handles: log lines name it.
    @TaskLocal static var ofTask: RequestAnnotations?

    /// What is known so far.
    package struct Values: Sendable {
        /// Subject of the token, if there was one.
        package var userID: String?
        /// Tenant to which the caller is confined.
        package var tenantID: Identifier?
        /// Identifier of the request.
        package var requestID = ""
        /// Where the request is in its trace: what its client sent, and with tracing its own span.
        package var trace: TraceContext?
        /// Nil without tracing, and for a read that is not recorded and whose client named no trace.
        package var span: TraceSpan?
        /// Whether it is such a read, so that what it calls starts no traces, either.
        var isUnrecorded = false
        /// What kind of caller it is.
        package var caller = CallerKind.anonymous
        /// The operation, as its position in ``HTTPService/operations``.
        var operation: Int?
        /// Whether it has come to what the operation does, so that something may have changed.
        var isAdmitted = false
        /// Length of the body that was read.
        var requestBytes = 0
    }

    private let values = Mutex(Values())

    /// Changes the values.
    package func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

    /// Runs what handles the request, within its span.
    func runWithin<Value>(_ body: () async -> Value) async -> Value {
        await Self.$ofTask.withValue(self) {
            let notes = current
            if let span = notes.span { return await CurrentSpan.run(span) { await body() } }
            return notes.isUnrecorded ? await CurrentSpan.runUnrecorded(body) : await body()
        }
    }

    /// The values now.
    package var current: Values { values.withLock { $0 } }
}
