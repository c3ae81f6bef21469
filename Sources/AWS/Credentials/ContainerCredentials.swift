import ConfigurationChecks
import NIOHTTP1
import OutboundHTTP

/// Credentials from the agent of ECS, Fargate or EKS Pod Identity beside a container.
struct ContainerCredentials: CredentialsProvider {
    /// How a container proves to the agent who it is.
    enum Authorization: Sendable, Hashable {
        case absent
        case token(String)
        /// Read again for every request, because the agent replaces it.
        case file(SecretFile)
    }

    static let source = "the container endpoint"
    /// Where a relative URI leads.
    static let agent = "http://169.254.170.2"

    private static let agents: Set<String> = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    let url: String
    let authorization: Authorization
    let http: CredentialsHTTP

    /// Whether credentials may be asked for at a URL: over TLS anywhere, without it only on this machine and at the addresses
    /// of the agents, because the answer is a secret.
    static func isAllowed(_ url: HTTPURL) -> Bool {
        url.isSecure || url.isLoopback || agents.contains(url.host.lowercased())
    }

    func fetch() async throws(CredentialsError) -> AWSCredentials {
        var request = OutboundRequest(.GET, url, headers: ["accept": "application/json"])
        if let token = try token() {
            guard HTTPURL.isHeader(name: "authorization", value: token) else {
                throw CredentialsError(source: Self.source, reason: "the authorization token is not a header's value")
            }
            request.headers.add(name: "authorization", value: token)
        }
        return try CredentialsDocument.parse(try await http.body(of: request), source: Self.source)
    }

    private func token() throws(CredentialsError) -> String? {
        switch authorization {
        case .absent: return nil
        case .token(let token): return token
        case .file(let file):
            do throws(ConfigurationFailure) { return try file.content() } catch {
                throw CredentialsError(source: Self.source, reason: "\(error)")
            }
        }
    }
}
