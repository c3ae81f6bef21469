import Crypto
import Entities
import FoundationEssentials
import HTTPTypes
import JSONCoding
import Primitives

extension IdempotencyKey {
    /// The key of a request; nil for a request without one.
    /// - Throws: 400 for a key that is empty, too long or not printable.
    /// - Parameters:
    ///   - parameters: The operation's. What its headers say is part of what is asked for.
    ///   - caller: Whose key it is.
    ///   - secret: For the fingerprint.
    ///   - others: Under which the same request may have been stored before.
    init?(
        _ request: OperationRequest, parameters: [OperationParameter], caller: IdempotencyOwner, in scope: TenantScope,
        secret: SymmetricKey, others: [SymmetricKey] = []
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
        otherFingerprints = others.map { Array(HMAC<SHA256>.authenticationCode(for: asked, using: $0)) }
        let tenant = scope.tenantID?.description ?? "*"
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
