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
        // Of several headers at most one could be meant.
        let headers = headers[values: .authorization]
        guard var header = headers.first else { throw .missingToken }
        guard headers.count == 1, let token = header.withUTF8(Self.credentials) else { throw .invalidToken }
        return token
    }

    /// Bytes, not characters: tokens are long, and this is done for every request.
    private static func credentials(_ header: UnsafeBufferPointer<UInt8>) -> String? {
        guard let space = header.firstIndex(of: UInt8(ascii: " ")), isBearer(header[..<space]) else { return nil }
        let token = header[space...].drop { $0 == UInt8(ascii: " ") }
        guard !token.isEmpty, isVisible(UnsafeBufferPointer(rebasing: token)) else { return nil }
        return String(decoding: token, as: UTF8.self)
    }

    /// The name of the scheme in any case.
    private static func isBearer(_ scheme: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        scheme.count == 6 && zip(scheme, "bearer".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    /// Whether there are ASCII characters only, none of which is a space or a control character. Without an early end, so that
    /// many bytes are compared at once.
    private static func isVisible(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var others: UInt8 = 0
        for byte in bytes { others |= byte < 0x21 || byte > 0x7E ? 1 : 0 }
        return others == 0
    }
}
