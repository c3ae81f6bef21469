import Crypto
import Primitives

/// Signs requests to one service in one region (Signature Version 4, in headers).
struct SignatureV4: Sendable {
    static let algorithm = "AWS4-HMAC-SHA256"

    let region: String
    let service: String
    var pathStyle = CanonicalRequest.PathStyle.encodedAgain
    private let keys = SigningKeyCache()

    init(region: String, service: String, pathStyle: CanonicalRequest.PathStyle = .encodedAgain) {
        self.region = region
        self.service = service
        self.pathStyle = pathStyle
    }

    /// The headers that a request needs besides its own, which must contain `host`.
    func headers(
        signing request: SignableRequest, with credentials: AWSCredentials, at now: Timestamp
    ) -> [(name: String, value: String)] {
        let time = Self.time(now)
        var added = [(name: "x-amz-date", value: time)]
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
        var covered = request
        covered.headers += added
        let canonical = CanonicalRequest(covered, pathStyle: pathStyle)
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let signature = signature(of: canonical, time: time, scope: scope, secret: credentials.secretAccessKey)
        added.append(
            (
                "authorization",
                "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope), "
                    + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature)"
            ))
        return added
    }

    private func signature(of canonical: CanonicalRequest, time: String, scope: String, secret: String) -> String {
        let text = "\(Self.algorithm)\n\(time)\n\(scope)\n\(canonical.hash)"
        let key = keys.key(secret: secret, day: String(time.prefix(8)), region: region, service: service)
        return Hex.encode(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    /// `20260105T100000Z`
    static func time(_ instant: Timestamp) -> String {
        instant.description.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }
}
