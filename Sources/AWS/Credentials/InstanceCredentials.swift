import NIOHTTP1
import OutboundHTTP
import Primitives

/// Credentials of the role of an EC2 instance, from its metadata service (version 2, with a session token).
struct InstanceCredentials: CredentialsProvider {
    static let source = "instance metadata"
    static let defaultEndpoint = "http://169.254.169.254"

    /// Without a slash at the end.
    let endpoint: String
    let http: CredentialsHTTP

    private static let path = "/latest/meta-data/iam/security-credentials/"

    func fetch() async throws(CredentialsError) -> AWSCredentials {
        let token = try await text(
            OutboundRequest(
                .PUT, "\(endpoint)/latest/api/token", headers: ["x-aws-ec2-metadata-token-ttl-seconds": "300"]))
        let headers: HTTPHeaders = ["x-aws-ec2-metadata-token": token]
        let role = try await text(OutboundRequest(.GET, endpoint + Self.path, headers: headers))
        let document = OutboundRequest(.GET, endpoint + Self.path + PercentEncoding.encode(role), headers: headers)
        return try CredentialsDocument.parse(try await http.body(of: document), source: Self.source)
    }

    /// A body that is one line of text, which goes into the next request.
    private func text(_ request: OutboundRequest) async throws(CredentialsError) -> String {
        let body = try await http.body(of: request)
        let text = String(decoding: body, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        guard !text.isEmpty, HTTPURL.isHeader(name: "x", value: text) else {
            throw CredentialsError(source: Self.source, reason: "the instance has no role, or the answer is not text")
        }
        return text
    }
}
