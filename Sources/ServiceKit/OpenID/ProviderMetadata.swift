import JSONCoding
import OutboundHTTP
import Primitives

/// What an identity provider says about itself (OpenID Connect Discovery 1.0 section 3).
package struct ProviderMetadata: Sendable, Hashable {
    /// How a client shows its secret to the token endpoint.
    package enum ClientAuthentication: Sendable, Hashable {
        /// `client_secret_basic`, the default.
        case basic
        /// `client_secret_post`.
        case post
    }

    /// The document cannot be used. Says why, for the log.
    package struct Unusable: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package let authorizationEndpoint: String
    package let tokenEndpoint: String
    package let keySetURL: String
    package let endSessionEndpoint: String?
    /// Whether every answer of the authorization endpoint names the issuer (RFC 9207 section 3).
    package let sendsIssuer: Bool
    package let clientAuthentication: ClientAuthentication

    /// Where the document of an issuer is (section 4.1).
    package static func url(ofIssuer issuer: String) -> String {
        "\(issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer)/.well-known/openid-configuration"
    }

    /// Reads the document.
    /// - Parameter issuer: What its `issuer` must be, to the letter (section 4.3).
    /// - Throws: ``Unusable``.
    package init(_ bytes: [UInt8], issuer: String) throws(Unusable) {
        guard let document = (try? JSONValue.parse(bytes))?.objectValue else {
            throw Unusable(description: "the discovery document is not a JSON object")
        }
        guard document["issuer"]?.stringValue?.hasSameBytes(as: issuer) == true else {
            throw Unusable(description: "the discovery document is of another issuer")
        }
        let isDevelopment = HTTPURL(issuer).map { !$0.isSecure && $0.isLoopback } ?? false
        func endpoint(_ name: String) throws(Unusable) -> String? {
            guard let value = document[name], !value.isNull else { return nil }
            guard let text = value.stringValue, let url = HTTPURL(text),
                url.isSecure || (isDevelopment && url.isLoopback)
            else { throw Unusable(description: "\(name) of the discovery document is not an https URL") }
            return text
        }
        func required(_ name: String) throws(Unusable) -> String {
            guard let text = try endpoint(name) else {
                throw Unusable(description: "the discovery document has no \(name)")
            }
            return text
        }
        authorizationEndpoint = try required("authorization_endpoint")
        tokenEndpoint = try required("token_endpoint")
        keySetURL = try required("jwks_uri")
        endSessionEndpoint = try endpoint("end_session_endpoint")
        sendsIssuer = document["authorization_response_iss_parameter_supported"]?.boolValue == true
        try Self.require("code", in: document, "response_types_supported")
        try Self.require("S256", in: document, "code_challenge_methods_supported")
        let methods = Self.texts(document, "token_endpoint_auth_methods_supported")
        let onlyPost = methods.map { $0.contains("client_secret_post") && !$0.contains("client_secret_basic") }
        clientAuthentication = onlyPost == true ? .post : .basic
    }

    /// A list that is absent says nothing.
    private static func require(_ value: String, in document: JSONObject, _ name: String) throws(Unusable) {
        guard let values = texts(document, name), !values.contains(value) else { return }
        throw Unusable(description: "\(name) of the discovery document lacks \(value)")
    }

    private static func texts(_ document: JSONObject, _ name: String) -> [String]? {
        document[name]?.arrayValue?.compactMap(\.stringValue)
    }
}
