package import AWS
import Configuration
import Primitives
import TestSupport

/// Connections to ``AWSTestServer`` over proxies: those of a test, and those of a process that the test cuts off for good.
package struct AWSConnections: Sendable {
    package let session: AWSSession
    package let proxy: TCPProxy
    package let doomedSession: AWSSession
    package let doomedProxy: TCPProxy

    /// Opens them for the length of the body.
    package static func with<Value>(_ body: (AWSConnections) async throws -> Value) async throws -> Value {
        let port = "\(try await AWSTestServer.port())"
        return try await TCPProxy.run(to: "127.0.0.1", port) { proxy in
            try await TCPProxy.run(to: "127.0.0.1", port) { doomedProxy in
                let connections = AWSConnections(
                    session: try Self.session(port: proxy.port), proxy: proxy,
                    doomedSession: try Self.session(port: doomedProxy.port), doomedProxy: doomedProxy)
                return try await withCleanup {
                    try await body(connections)
                } cleanup: {
                    await connections.session.shutdown()
                    await connections.doomedSession.shutdown()
                }
            }
        }
    }

    /// A session with keys that the server knows.
    /// - Parameter port: Of the server, or of a proxy, at 127.0.0.1.
    package static func session(port: Int) throws -> AWSSession {
        let variables = [
            "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDTEST",
            "AWS_SECRET_ACCESS_KEY": "secret-of-AKIDTEST", "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)",
            "AWS_REQUEST_TIMEOUT_MILLIS": "60000",
        ]
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        return AWSSession(
            configuration: try AWSConfiguration(reader: reader), clock: SystemClock(), logger: testLogger)
    }
}
