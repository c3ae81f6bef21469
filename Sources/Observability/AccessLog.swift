import JSONCoding
import Logging
package import Primitives

/// One JSON line for each answered request, written without swift-log's metadata dictionary because it is on the hot path.
package struct AccessLog: Sendable {
    /// What is said of a request. Never holds headers, query values or bodies: they may carry secrets.
    package struct Entry: Sendable {
        /// HTTP method.
        package var method: String
        /// Path without the query.
        package var path: String
        /// Route template, such as `/tenants/{id}`; nil when no route matched.
        package var route: String?
        /// HTTP status of the answer.
        package var status: Int
        /// Microseconds from the first byte handled to the answer made.
        package var durationMicroseconds: Int64
        /// The request's identifier, also in the answer's `X-Request-Id`.
        package var requestID: String
        /// Address of the peer, or of the client when a trusted proxy says so.
        package var remoteAddress: String?
        /// Subject of the token, if there was one.
        package var userID: String?
        /// Tenant to which the request was confined, if it was.
        package var tenantID: Identifier?
        /// The trace that the request belongs to, if there is one.
        package var traceID: TraceID?

        /// Makes one from its parts.
        package init(
            method: String, path: String, route: String?, status: Int, durationMicroseconds: Int64, requestID: String,
            remoteAddress: String?, userID: String?, tenantID: Identifier?, traceID: TraceID? = nil
        ) {
            self.method = method
            self.path = path
            self.route = route
            self.status = status
            self.durationMicroseconds = durationMicroseconds
            self.requestID = requestID
            self.remoteAddress = remoteAddress
            self.userID = userID
            self.tenantID = tenantID
            self.traceID = traceID
        }
    }

    private let output: LineOutput
    private let clock: any WallClock
    /// When false, ``write(_:)`` does nothing (`ACCESS_LOG=false`).
    package let isEnabled: Bool

    /// Makes one from its parts.
    package init(isEnabled: Bool = true, output: LineOutput = .standardOutput, clock: any WallClock = SystemClock()) {
        self.isEnabled = isEnabled
        self.output = output
        self.clock = clock
    }

    /// Writes the entry as one line.
    package func write(_ entry: Entry) {
        guard isEnabled else { return }
        var writer = JSONWriter(reservingCapacity: 384)
        writer.beginObject()
        writer.key("time")
        writer.timestamp(clock.now())
        writer.key("level")
        writer.string(entry.status >= 500 ? "error" : "info")
        writer.key("message")
        writer.string("request")
        writer.key("method")
        LogText.write(entry.method, to: &writer)
        writer.key("path")
        LogText.write(entry.path, to: &writer)
        if let route = entry.route {
            writer.key("route")
            writer.string(route)
        }
        writer.key("status")
        writer.integer(entry.status)
        writer.key("durationMicroseconds")
        writer.integer(entry.durationMicroseconds)
        writer.key("requestId")
        writer.string(entry.requestID)
        if let trace = entry.traceID {
            writer.key("traceId")
            writer.string(trace.description)
        }
        if let address = entry.remoteAddress {
            writer.key("remoteAddress")
            writer.string(address)
        }
        if let userID = entry.userID {
            writer.key("userId")
            LogText.write(userID, to: &writer)
        }
        if let tenantID = entry.tenantID {
            writer.key("tenantId")
            writer.identifier(tenantID)
        }
        writer.endObject()
        output.write(line: writer.bytes)
    }
}
