package import HTTPTypes

/// What of a request says who calls, read once for all authenticators.
package struct RequestCredentials: Sendable {
    /// What the `Authorization` header contains.
    package enum Authorization: Sendable, Hashable {
        /// There is no such header.
        case missing
        /// `Bearer` and a token; any scheme in upper or lower case.
        case bearer(String)
        /// Another scheme or form, or several headers, of which at most one could be meant.
        case unusable
    }

    package let authorization: Authorization
    package let headers: HTTPFields
    package let method: HTTPRequest.Method
    /// For limits of attempts.
    package let clientAddress: ClientAddress

    package init(headers: HTTPFields, method: HTTPRequest.Method, clientAddress: ClientAddress) {
        self.headers = headers
        self.method = method
        self.clientAddress = clientAddress
        authorization = Self.authorization(headers)
    }

    /// The token of an `Authorization: Bearer` header.
    /// - Throws: 401 when the header is missing or has another form.
    package static func bearerToken(_ headers: HTTPFields) throws(HTTPFailure) -> String {
        switch authorization(headers) {
        case .missing: throw .missingToken
        case .unusable: throw .invalidToken
        case .bearer(let token): return token
        }
    }

    private static func authorization(_ headers: HTTPFields) -> Authorization {
        let headers = headers[values: .authorization]
        guard var header = headers.first else { return .missing }
        guard headers.count == 1, let token = header.withUTF8(credentials) else { return .unusable }
        return .bearer(token)
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
