import ArgumentParser
import FoundationEssentials
import JSONCoding
import NIOHTTP1
import Primitives
import ServiceKit

extension TokenCommand {
    /// `arc token revoke`.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token, or all tokens of a user; all services refuse them within seconds.",
            discussion: """
                  arc token revoke --token-file leaked.txt --reason "was in a log"
                  arc token revoke --jti 0193f2a4-6b1e-7c55-9d0e-3b8a2f4c1e77
                  arc token revoke --user <id>                 all that were issued until now
                Of a token only its claims jti and exp are read, here; it is not sent anywhere. A user is the claim id or
                userTenantId. Revocations cannot be taken back: whoever was locked out by mistake signs in again.

                Calls tenant management with the credential in ARC_TOKEN, or with a token that is signed as `arc token` does.
                """)

        @Option(help: "A file with the token; `-` is standard input.")
        var tokenFile: String?
        @Option(help: "The claim jti of the token.")
        var jti: String?
        @Option(help: "The user whose tokens are revoked.")
        var user: String?
        @Option(help: "Only tokens of this tenant.")
        var tenant: String?
        @Option(help: "Why, for the record.")
        var reason: String?
        @OptionGroup var management: ManagementOptions

        func validate() throws {
            guard [tokenFile, jti, user].count(where: { $0 != nil }) == 1 else {
                throw ValidationError("Specify one of --token-file, --jti and --user.")
            }
            if let tenant, Identifier(tenant) == nil { throw ValidationError("--tenant must be a UUID.") }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            var body = JSONObject()
            if let user {
                body["kind"] = "user"
                body["value"] = .string(user)
            } else if let jti {
                body["kind"] = "token"
                body["value"] = .string(jti)
            } else {
                body = try claims()
            }
            if let tenant { body["tenantId"] = .string(tenant) }
            if let reason { body["reason"] = .string(reason) }
            let client = try await management.client(
                for: "arc token revoke", permissions: [PermissionCatalog.revokeTokens])
            let revocation = try await client.send(.POST, "/token-revocations", .object(body))
            let what = user == nil ? "The token" : "Every token of the user that was issued until now"
            CommandSupport.printLine("\(what) is revoked (\(revocation["id"]?.stringValue ?? ""))")
        }

        /// Of the token, without verifying it: whoever can revoke it can revoke any other one, too.
        private func claims() throws -> JSONObject {
            let token: String
            do {
                token = try TokenInput.read(token: nil, file: tokenFile)
            } catch {
                throw CommandSupport.fail("arc token revoke: \(error)")
            }
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let bytes = Self.decoded(parts[1]), let claims = try? JSONValue.parse(bytes) else {
                throw CommandSupport.fail("arc token revoke: this is not a JSON Web Token of three parts")
            }
            guard let id = claims["jti"]?.stringValue, !id.isEmpty else {
                let user = claims["id"]?.stringValue.map { " --user \($0)" } ?? ""
                throw CommandSupport.fail(
                    "arc token revoke: the token has no claim jti. Revoke all tokens of its user: arc token revoke\(user)"
                )
            }
            var body: JSONObject = ["kind": "token", "value": .string(id)]
            if case .number(let end)? = claims["exp"], end.double < 9e11 {
                let instant = Timestamp(seconds: Int64(end.double)).adding(.seconds(3600))
                guard instant > SystemClock().now() else {
                    throw CommandSupport.fail("arc token revoke: the token has expired")
                }
                body["expiresOn"] = .string(instant.description)
            }
            return body
        }

        private static func decoded(_ part: Substring) -> [UInt8]? {
            var text = part.replacing("-", with: "+").replacing("_", with: "/")
            while !text.utf8.count.isMultiple(of: 4) { text.append("=") }
            return Data(base64Encoded: String(text)).map(Array.init)
        }
    }
}
