import JSONCoding
import Primitives

/// The document in which the container endpoint and the instance metadata service hand out credentials.
enum CredentialsDocument {
    static func parse(_ body: [UInt8], source: String) throws(CredentialsError) -> AWSCredentials {
        guard let document = try? JSONValue.parse(body) else {
            throw CredentialsError(source: source, reason: "the answer is not JSON")
        }
        if let code = document["Code"]?.stringValue, code != "Success" {
            throw CredentialsError(source: source, reason: "the service answered \(ErrorCode.cleaned(code))")
        }
        guard let key = document["AccessKeyId"]?.stringValue, !key.isEmpty,
            let secret = document["SecretAccessKey"]?.stringValue, !secret.isEmpty,
            let token = document["Token"]?.stringValue, !token.isEmpty,
            let expiration = document["Expiration"]?.stringValue.flatMap({ Timestamp(iso8601: $0) })
        else { throw CredentialsError(source: source, reason: "the answer lacks a key, a token or the expiration") }
        return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token, expiration: expiration)
    }
}
