package import HTTPTypes
package import ServiceKit

/// Callers with an API key, in `X-API-Key` or as `Authorization: Bearer arc_…`.
package struct APIKeyAuthenticator: Authenticator {
    /// The name of the header.
    package static let header = HTTPField.Name(literal: "X-API-Key")

    private let keys: KnownAPIKeys

    package init(keys: KnownAPIKeys) {
        self.keys = keys
    }

    /// Whether one of the headers has a key, or what is meant to be one.
    package func recognizes(_ credentials: RequestCredentials) -> Bool {
        Self.bearer(credentials) != nil || credentials.headers[Self.header] != nil
    }

    /// The caller.
    /// - Throws: 401 for everything that is not one valid key, and for a key in both headers.
    package func identity(of credentials: RequestCredentials) async throws -> Identity {
        let sent = credentials.headers[values: Self.header]
        if let bearer = Self.bearer(credentials) {
            guard sent.isEmpty else { throw CredentialError.several }
            return try await keys.identity(bearer)
        }
        guard let key = sent.first, sent.count == 1 else { throw CredentialError.several }
        return try await keys.identity(key)
    }

    private static func bearer(_ credentials: RequestCredentials) -> String? {
        guard case .bearer(let text) = credentials.authorization, APIKeyText.isMeant(by: text) else { return nil }
        return text
    }
}
