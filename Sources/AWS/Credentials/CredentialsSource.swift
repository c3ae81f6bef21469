import Configuration
import ConfigurationChecks
import OutboundHTTP
import Primitives

/// Which source of credentials a process uses: the first one that the environment names, in the order of the AWS SDKs.
enum CredentialsSource: Sendable, Hashable {
    case environment(AWSCredentials)
    case webIdentity(tokenFile: SecretFile, role: String, session: String)
    case container(url: String, ContainerCredentials.Authorization)
    /// The URL of the metadata service.
    case instance(endpoint: String)

    private enum Settings {
        static let key = Setting.optionalText("AWS_ACCESS_KEY_ID", "Id of a key")
        static let secret = Setting.secret("AWS_SECRET_ACCESS_KEY", "The key")
        static let token = Setting.secret("AWS_SESSION_TOKEN", "Token of a temporary key")
        static let tokenFile = Setting.optionalText(
            "AWS_WEB_IDENTITY_TOKEN_FILE", values: "path of a file",
            "Token of a web identity (EKS service accounts); the file is read at each renewal")
        static let role = Setting.optionalText(
            "AWS_ROLE_ARN", values: "the ARN of a role", "Role that is assumed with this token"
        ) { $0.hasPrefix("arn:") && (20...2048).contains($0.utf8.count) }
        static let session = Setting.text(
            "AWS_ROLE_SESSION_NAME", default: "arc", values: "2 to 64 letters, digits and =,.@_-",
            "Name of the session of this role"
        ) { (2...64).contains($0.utf8.count) && $0.utf8.allSatisfy(isOfSessionName) }
        static let relative = Setting.optionalText(
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", values: "a path that begins with /",
            "Endpoint of ECS and Fargate: a path at 169.254.170.2"
        ) { $0.hasPrefix("/") }
        static let full = Setting.optionalText(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI", values: "a URL",
            "Endpoint of EKS Pod Identity: an https URL, or an http URL of this machine or of the agents")
        static let containerToken = Setting.secret(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "Sent there as `Authorization`. The file of `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` is read at each renewal"
        )
        static let isInstanceDisabled = Setting.flag(
            "AWS_EC2_METADATA_DISABLED", default: false, "Whether instance metadata (version 2) are not used")
        static let instance = Setting.text(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT", default: InstanceCredentials.defaultEndpoint,
            values: "an http URL without path", "Endpoint of instance metadata"
        ) { text in
            guard let parts = HTTPURL(text) else { return false }
            return !parts.hasQuery && (parts.path.isEmpty || parts.path == "/")
        }
    }

    static let configurationKeys = ConfigurationKeys(
        "AWS credentials",
        [
            Settings.key, Settings.secret, Settings.token, Settings.tokenFile, Settings.role, Settings.session,
            Settings.relative, Settings.full, Settings.containerToken, Settings.isInstanceDisabled, Settings.instance,
        ])

    /// - Throws: `ConfigurationFailure` that names the variable: a source that is configured by half is a mistake, and the
    ///   next one would be another identity.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        // Everything is read, so that a mistake in any of it shows at the start.
        let environment = try Self.environment(reader)
        let webIdentity = try Self.webIdentity(reader)
        let container = try Self.container(reader)
        let instance = try Self.instance(reader)
        guard let source = environment ?? webIdentity ?? container ?? instance else {
            throw ConfigurationFailure(
                key: "AWS_ACCESS_KEY_ID",
                reason: "is missing, and so is every other source of credentials (docs/configuration.md)")
        }
        self = source
    }

    private static func environment(_ reader: ConfigReader) throws(ConfigurationFailure) -> CredentialsSource? {
        let secret = try reader.value(Settings.secret)
        let token = try reader.value(Settings.token)
        let key = try reader.value(Settings.key)
        guard (key == nil) == (secret == nil) else {
            throw ConfigurationFailure(
                key: key == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                reason: "is missing: the two parts of a key belong together")
        }
        guard let key, let secret else { return nil }
        guard HTTPURL.isHeader(name: "x", value: key), HTTPURL.isHeader(name: "x", value: token ?? "") else {
            throw ConfigurationFailure(key: "AWS_ACCESS_KEY_ID", reason: "and AWS_SESSION_TOKEN must be visible ASCII")
        }
        return .environment(
            AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token, expiration: nil))
    }

    private static func webIdentity(_ reader: ConfigReader) throws(ConfigurationFailure) -> CredentialsSource? {
        let file = try reader.value(Settings.tokenFile)
        let role = try reader.value(Settings.role)
        let session = try reader.value(Settings.session)
        guard let file else { return nil }
        guard let role else {
            throw ConfigurationFailure(
                key: "AWS_ROLE_ARN", reason: "is missing: AWS_WEB_IDENTITY_TOKEN_FILE is set, and they belong together")
        }
        return .webIdentity(
            tokenFile: SecretFile(path: file, variable: "AWS_WEB_IDENTITY_TOKEN_FILE"), role: role, session: session)
    }

    private static func container(_ reader: ConfigReader) throws(ConfigurationFailure) -> CredentialsSource? {
        let relative = try reader.value(Settings.relative)
        let full = try reader.value(Settings.full)
        let tokenFile = reader.text("aws.container.authorization.token.file")
        let token = reader.string(forKey: "aws.container.authorization.token", isSecret: true)
        let url: String
        if let relative {
            url = ContainerCredentials.agent + relative
        } else if let full {
            url = full
        } else {
            return nil
        }
        let variable =
            relative == nil ? "AWS_CONTAINER_CREDENTIALS_FULL_URI" : "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
        guard let parts = HTTPURL(url), ContainerCredentials.isAllowed(parts) else {
            throw ConfigurationFailure(
                key: variable,
                reason: "must be an https URL, or an http URL of this machine or of the agents of ECS and EKS")
        }
        if let tokenFile {
            let file = SecretFile(path: tokenFile, variable: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
            return .container(url: url, .file(file))
        }
        guard let token, !token.isEmpty else { return .container(url: url, .absent) }
        return .container(url: url, .token(token))
    }

    private static func instance(_ reader: ConfigReader) throws(ConfigurationFailure) -> CredentialsSource? {
        let isDisabled = try reader.value(Settings.isInstanceDisabled)
        let endpoint = try reader.value(Settings.instance)
        guard !isDisabled else { return nil }
        return .instance(endpoint: endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint)
    }

    private static func isOfSessionName(_ byte: UInt8) -> Bool {
        PercentEncoding.isUnreserved(byte) && byte != UInt8(ascii: "~") || "=,@".utf8.contains(byte)
    }
}

extension CredentialsSource {
    /// The provider of this source.
    func provider(sts: AWSEndpoint, http: OutboundHTTPClient) -> any CredentialsProvider {
        func requests(_ source: String, _ timeout: Duration) -> CredentialsHTTP {
            CredentialsHTTP(http: http, source: source, timeout: timeout)
        }
        switch self {
        case .environment(let credentials): return StaticCredentials(credentials: credentials)
        case .webIdentity(let file, let role, let session):
            return WebIdentityCredentials(
                tokenFile: file, role: role, session: session, endpoint: sts,
                http: requests(WebIdentityCredentials.source, .seconds(5)))
        case .container(let url, let authorization):
            return ContainerCredentials(
                url: url, authorization: authorization, http: requests(ContainerCredentials.source, .seconds(2)))
        case .instance(let endpoint):
            return InstanceCredentials(endpoint: endpoint, http: requests(InstanceCredentials.source, .seconds(1)))
        }
    }
}
