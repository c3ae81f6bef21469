package import Logging
import OutboundHTTP
package import Primitives

/// What the calls of a process to AWS share: credentials, connections, and the time.
package final class AWSSession: Sendable {
    let configuration: AWSConfiguration
    let credentials: CredentialsCache
    let clock: ServiceClock
    let machineClock: any WallClock
    /// Apart from each other, so that calls never wait for a connection that a long poll holds.
    let http: OutboundHTTPClient
    let pollingHTTP: OutboundHTTPClient
    private let credentialsHTTP: OutboundHTTPClient

    /// Largest answer: ten messages of a mebibyte, of which every character may be escaped.
    static let maximumAnswerSize = 24 << 20

    private static let userAgent = "arc"

    /// Nothing is connected before the first call.
    package init(configuration: AWSConfiguration, clock: any WallClock, logger: Logger) {
        self.configuration = configuration
        self.clock = ServiceClock(clock)
        machineClock = clock
        let size = Self.maximumAnswerSize
        http = OutboundHTTPClient(
            userAgent: Self.userAgent, addresses: .publicAndPrivate, maximumAnswerSize: size)
        pollingHTTP = OutboundHTTPClient(
            userAgent: Self.userAgent, addresses: .publicAndPrivate, maximumAnswerSize: size)
        credentialsHTTP = OutboundHTTPClient(
            userAgent: Self.userAgent, addresses: .cloudServices, maximumAnswerSize: 256 << 10)
        credentials = CredentialsCache(
            provider: configuration.credentials.provider(
                sts: configuration.endpoint(of: .sts), http: credentialsHTTP),
            clock: self.clock, logger: logger)
    }

    /// Calls to a service.
    package func client(_ service: AWSService) -> AWSClient { AWSClient(service: service, session: self) }

    /// Closes all connections; later calls fail.
    package func shutdown() async {
        await http.shutdown()
        await pollingHTTP.shutdown()
        await credentialsHTTP.shutdown()
    }
}

extension ServiceClock: WallClock {}
