package import Entities
package import PostgresClient
package import Primitives

/// A request that its client has named, so that it can be repeated without a second effect (IETF
/// draft-ietf-httpapi-idempotency-key-header).
struct IdempotencyKey: Sendable, Hashable {
    /// SHA-256 of caller and key: what one caller has named is nothing to another one.
    let hash: [UInt8]
    /// HMAC of what was asked for: a key is for one request only. Under a secret, because bodies may hold what could be
    /// guessed from a plain hash, such as the number of a card.
    let fingerprint: [UInt8]
    /// The same under secrets that may have been the current ones when the request was stored.
    let otherFingerprints: [[UInt8]]

    /// Whether a stored fingerprint is that of this request.
    func matches(_ stored: [UInt8]) -> Bool { stored == fingerprint || otherFingerprints.contains(stored) }

    /// Longest key, in characters.
    static let maximumLength = 255

    /// Printable ASCII; blanks at its ends are not the header's.
    static let pattern = Pattern(regex: "^[!-~]([ -~]*[!-~])?$") { text in
        !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && text.utf8.first != 0x20 && text.utf8.last != 0x20
    }
}

/// The right to carry out a request that has an idempotency key: held by one process at a time.
package struct IdempotencyClaim: Sendable, Hashable {
    let key: IdempotencyKey
    let owner: Identifier
    let instant: Timestamp

    /// The client's key together with whose it is, 64 hexadecimal digits: a name of the request for others, such as the
    /// idempotency key of a billing provider.
    package var name: String { Hex.encode(key.hash) }

    /// The statement that belongs to the transaction of the request's effect: with it there is an effect if and only if
    /// the key says so.
    /// - Parameter resource: What the request has created, by which its answer can be given again.
    package func mark(resource: Identifier?) -> BoundStatement {
        BoundStatement(
            "SELECT main.mark_idempotency_key($1, $2, $3, $4)",
            [
                .bytes(key.hash), .identifier(owner), .timestamp(instant),
                resource.map { .identifier($0) } ?? .null,
            ])
    }
}

/// How a POST behaves when it is repeated under its idempotency key.
package enum OperationIdempotency: Sendable {
    /// Keys are not looked at.
    case none
    /// Gives the answer of a run that had its effect and whose answer was lost in a crash.
    case recover(@Sendable (OperationRecovery) async throws -> OperationResponse)
}

/// A request whose effect was committed and whose answer was lost.
package struct OperationRecovery: Sendable {
    /// The request, sent once more.
    package let request: OperationRequest
    /// What its caller may see.
    package let scope: TenantScope
    /// What the first run has created, as it was marked.
    package let resource: Identifier?

    /// The created row's id.
    /// - Throws: 404 when the first run did not mark a row.
    package func created() throws(HTTPFailure) -> Identifier {
        guard let resource else { throw .entityNotFound }
        return resource
    }
}
