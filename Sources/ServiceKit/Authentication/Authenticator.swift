package import HTTPTypes

/// Finds out who calls.
package struct Authenticator: Sendable {
    private let verifier: TokenVerifier

    /// - Parameter verifier: Verifies bearer tokens.
    package init(verifier: TokenVerifier) {
        self.verifier = verifier
    }

    /// Verifies the bearer token.
    /// - Throws: 401 without a usable token.
    func identity(_ headers: HTTPFields) async throws(HTTPFailure) -> Identity {
        try await verifier.verify(try Self.bearerToken(headers))
    }

    /// The token of an `Authorization: Bearer` header.
    /// - Throws: 401 when the header is missing or has another form.
    package static func bearerToken(_ headers: HTTPFields) throws(HTTPFailure) -> String {
        guard let header = headers[.authorization] else { throw .missingToken }
        // Bytes, not characters: tokens are long, and this is done for every request.
        let bytes = header.utf8
        guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
            header[..<space].lowercased() == "bearer"
        else { throw .invalidToken }
        var start = bytes.index(after: space)
        while start < bytes.endIndex, bytes[start] == UInt8(ascii: " ") { start = bytes.index(after: start) }
        let token = header[start...]
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .invalidToken }
        return String(token)
    }
}
