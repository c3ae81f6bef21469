import Crypto
package import Entities
import FoundationEssentials
import HTTPTypes
import JSONCoding
package import PostgresClient
package import Primitives

/// A request that its client has named, so that it can be repeated without a second effect (IETF
/// draft-ietf-httpapi-idempotency-key-header).
struct IdempotencyKey: Sendable, Hashable {
    /// SHA-256 of caller and key: what one caller has named is nothing to another one.
    let hash: [UInt8]
    /// HMAC of what was asked for: a key stands for one request only. Under a secret, because bodies may hold what could be
    /// guessed from a plain hash, such as the number of a card.
    let fingerprint: [UInt8]

    /// Longest key, in characters.
    static let maximumLength = 255

    /// Printable ASCII; blanks at its ends are not the header's.
    static let pattern = Pattern(regex: "^[!-~]([ -~]*[!-~])?$") { text in
        !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            && text.utf8.first != 0x20 && text.utf8.last != 0x20
    }

    /// The key of a request; nil when it has none.
    /// - Throws: 400 for a key that is empty, too long or not printable.
    /// - Parameters:
    ///   - parameters: The operation's. What its headers say is part of what is asked for.
    ///   - caller: Whose key it is.
    ///   - secret: For the fingerprint.
    init?(
        _ request: OperationRequest, parameters: [OperationParameter], caller: IdempotencyOwner, in scope: TenantScope,
        secret: SymmetricKey
    ) throws(HTTPFailure) {
        guard let text = request.headers[.idempotencyKey] else { return nil }
        guard text.utf8.count <= Self.maximumLength, Self.pattern.matches(text) else {
            throw .invalidParameter(
                "Idempotency-Key", value: .string(text),
                reason: "must be 1 to \(Self.maximumLength) printable ASCII characters, such as a UUID")
        }
        let asked = Self.joined(
            [
                Array(request.method.rawValue.utf8), Array(request.path.utf8), Array(request.query.utf8),
                request.bodyBytes,
            ] + Self.headers(parameters, of: request))
        fingerprint = Array(HMAC<SHA256>.authenticationCode(for: asked, using: secret))
        let tenant = scope.tenantId?.description ?? "*"
        hash = Array(
            SHA256.hash(data: Self.joined([Array(tenant.utf8), Array(caller.text.utf8), Array(text.utf8)])))
    }

    /// Headers that say how to answer, not what to do.
    private static let headersOfForm: Set<String> = [
        "authorization", "idempotency-key", "if-match", "if-none-match", "prefer",
    ]

    /// Names and values of the header parameters that were sent.
    private static func headers(_ parameters: [OperationParameter], of request: OperationRequest) -> [[UInt8]] {
        parameters.flatMap { parameter -> [[UInt8]] in
            guard parameter.location == .header, !headersOfForm.contains(parameter.name.lowercased()),
                let value = HTTPHeaderLookup.value(parameter.name, in: request.headers)
            else { return [] }
            return [Array(parameter.name.utf8), Array(value.utf8)]
        }
    }

    /// The parts with their lengths, so that no two lists of parts are the same bytes.
    private static func joined(_ parts: [[UInt8]]) -> Data {
        var bytes = Data()
        for part in parts {
            bytes.append(contentsOf: "\(part.count):".utf8)
            bytes.append(contentsOf: part)
        }
        return bytes
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

/// A request whose effect stands and whose answer was lost.
package struct OperationRecovery: Sendable {
    /// The request, sent once more.
    package let request: OperationRequest
    /// What its caller may see.
    package let scope: TenantScope
    /// What the first run has created, as it was marked.
    package let resource: Identifier?

    /// The created row's id.
    /// - Throws: 404 when the first run has noted none.
    package func created() throws(HTTPFailure) -> Identifier {
        guard let resource else { throw .entityNotFound }
        return resource
    }
}
