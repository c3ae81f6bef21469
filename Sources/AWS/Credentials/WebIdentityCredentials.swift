import ConfigurationChecks
import NIOHTTP1
import OutboundHTTP
import Primitives

/// Credentials of a role that is assumed with a token from a file, such as that of a Kubernetes service account.
struct WebIdentityCredentials: CredentialsProvider {
    static let source = "the web identity token"

    let tokenFile: SecretFile
    let role: String
    let session: String
    /// The endpoint of STS.
    let endpoint: AWSEndpoint
    let http: CredentialsHTTP

    /// The file is read each time, because the program that writes it replaces the token. The request is not signed: the token is
    /// the proof.
    func fetch() async throws(CredentialsError) -> AWSCredentials {
        let token: String
        do throws(ConfigurationFailure) { token = try tokenFile.content() } catch {
            throw CredentialsError(source: Self.source, reason: "\(error)")
        }
        let form = PercentEncoding.form([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", token),
        ])
        let answer = try await http.answer(
            to: OutboundRequest(
                .POST, endpoint.url,
                headers: ["content-type": "application/x-www-form-urlencoded; charset=utf-8"], body: Array(form.utf8)))
        let document = QueryAnswer(answer.body)
        guard answer.isSuccess else {
            let code = document["Code"].map { ErrorCode.cleaned($0) } ?? "status \(answer.status)"
            throw CredentialsError(source: Self.source, reason: "STS answered \(code)")
        }
        guard let key = document["AccessKeyId"], let secret = document["SecretAccessKey"],
            let sessionToken = document["SessionToken"],
            let expiration = document["Expiration"].flatMap({ Timestamp(iso8601: $0) })
        else { throw CredentialsError(source: Self.source, reason: "the answer of STS lacks a key or the expiration") }
        return AWSCredentials(
            accessKeyID: key, secretAccessKey: secret, sessionToken: sessionToken, expiration: expiration)
    }
}
