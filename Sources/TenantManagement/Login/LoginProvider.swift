import FoundationEssentials
import JSONCoding
import Logging
import NIOHTTP1
import OutboundHTTP
import Primitives
import ServiceKit
import Synchronization

/// The identity provider of operators: what it says about itself, its keys, and the exchange of codes for tokens.
final class LoginProvider: Sendable {
    /// The tokens for a code.
    struct Tokens: Sendable {
        let idToken: String
        let accessToken: String?
    }

    /// What is known of the provider, for as long as nothing newer is.
    private final class Known: Sendable {
        let metadata = Mutex<ProviderMetadata?>(nil)
    }

    /// The provider's answer is not what was asked for. For the log.
    private struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private static let timeout = Duration.seconds(10)
    private static let refresh = Duration.seconds(300)

    let loader: KeySetLoader
    let keys: ProviderKeys
    private let configuration: LoginConfiguration
    private let client: OutboundHTTPClient
    private let known: Known
    private let logger: Logger

    init(configuration: LoginConfiguration, logger: Logger) {
        let client = OutboundHTTPClient(
            userAgent: "arc-tenant-management", addresses: .publicAndPrivate, maximumAnswerSize: 1 << 20)
        let known = Known()
        let keys = ProviderKeys()
        let issuer = configuration.issuer
        loader = KeySetLoader(
            keys: keys,
            source: {
                let document = try await LoginProvider.fetch(ProviderMetadata.url(ofIssuer: issuer), with: client)
                let metadata = try ProviderMetadata(document, issuer: issuer)
                let keys = try await LoginProvider.fetch(metadata.keySetURL, with: client)
                known.metadata.withLock { $0 = metadata }
                return keys
            }, interval: Self.refresh, logger: logger)
        self.keys = keys
        self.configuration = configuration
        self.client = client
        self.known = known
        self.logger = logger
    }

    /// What the provider says about itself; asks it if that is not known yet.
    /// - Throws: ``LoginError/providerUnavailable``.
    func metadata() async throws(LoginError) -> ProviderMetadata {
        if let metadata = latest { return metadata }
        await loader.load()
        guard let metadata = latest else { throw .providerUnavailable }
        return metadata
    }

    /// Where the provider ends its own session; nil if it has no such place, or has not said so yet.
    var endSessionEndpoint: String? { latest?.endSessionEndpoint }

    private var latest: ProviderMetadata? { known.metadata.withLock { $0 } }

    /// Exchanges a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    /// - Throws: ``LoginError/code`` for a code that the provider does not accept, ``LoginError/providerUnavailable`` for
    ///   everything else that goes wrong there.
    func exchange(_ code: String, proofKey: ProofKey) async throws(LoginError) -> Tokens {
        let metadata = try await metadata()
        let answer: OutboundAnswer
        do throws(OutboundHTTPFailure) {
            answer = try await client.send(request(code, proofKey: proofKey, metadata: metadata), timeout: Self.timeout)
        } catch {
            logger.error("The identity provider could not be reached", metadata: ["reason": "\(error.reason)"])
            throw .providerUnavailable
        }
        let body = (try? JSONValue.parse(answer.body))?.objectValue ?? [:]
        guard answer.status == 200 else {
            let fault = Self.printable(body["error"]?.stringValue ?? "")
            logger.error(
                "The identity provider refused a code", metadata: ["status": "\(answer.status)", "error": "\(fault)"])
            throw fault == "invalid_grant" ? .code : .providerUnavailable
        }
        guard let idToken = body["id_token"]?.stringValue,
            body["token_type"]?.stringValue?.isASCII(ignoringCase: "bearer") == true
        else {
            logger.error("The identity provider returned no ID token")
            throw .providerUnavailable
        }
        return Tokens(idToken: idToken, accessToken: body["access_token"]?.stringValue)
    }

    private func request(_ code: String, proofKey: ProofKey, metadata: ProviderMetadata) -> OutboundRequest {
        var form: [(name: String, value: String)] = [
            ("grant_type", "authorization_code"), ("code", code),
            ("redirect_uri", configuration.sessions.redirectURI), ("code_verifier", proofKey.verifier),
        ]
        var request = OutboundRequest(
            .POST, metadata.tokenEndpoint,
            headers: ["accept": "application/json", "content-type": "application/x-www-form-urlencoded"])
        switch (configuration.clientSecret, metadata.clientAuthentication) {
        case (let secret?, .basic):
            // Both are encoded before they are put together (RFC 6749 section 2.3.1).
            let pair = "\(PercentEncoding.encode(configuration.clientID)):\(PercentEncoding.encode(secret))"
            let credentials = Data(pair.utf8).base64EncodedString()
            request.headers.add(name: "authorization", value: "Basic \(credentials)")
        case (let secret?, .post): form += [("client_id", configuration.clientID), ("client_secret", secret)]
        case (nil, _): form.append(("client_id", configuration.clientID))
        }
        request.body = Array(PercentEncoding.form(form).utf8)
        return request
    }

    private static func fetch(_ url: String, with client: OutboundHTTPClient) async throws -> [UInt8] {
        let answer: OutboundAnswer
        do throws(OutboundHTTPFailure) {
            answer = try await client.send(
                OutboundRequest(.GET, url, headers: ["accept": "application/json"]), timeout: timeout)
        } catch {
            throw Fault(description: error.reason)
        }
        guard answer.status == 200 else { throw Fault(description: "the identity provider answered \(answer.status)") }
        return answer.body
    }

    /// An error code as RFC 6749 section 5.2 allows it, for log and answer; another text is not repeated.
    static func printable(_ code: String) -> String {
        let isCode =
            (1...64).contains(code.utf8.count)
            && code.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
        return isCode ? code : "unknown"
    }

    /// Closes all connections.
    func shutdown() async { await client.shutdown() }
}
