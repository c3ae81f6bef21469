import Crypto
import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import Primitives
import Testing

@testable import ServiceKit

/// What a request says beside its body: conditions, and the name that its client gives it.
@Suite
struct ConditionTests {
    private static let secret = SymmetricKey(size: .bits256)
    private static let scope = TenantScope.operatorScope(actor: Actor(id: ""))
    private static let tenant = OperationParameter("tenantId", in: .header, schema: .string(), description: "")

    private func request(
        _ method: HTTPRequest.Method = .post, _ headers: HTTPFields, body: String = "{}"
    ) -> OperationRequest {
        OperationRequest(
            method: method, path: "/x", query: "", pathParameters: [:], headers: headers, body: nil,
            bodyBytes: Array(body.utf8), clientAddress: ClientAddress(nil), requestID: "r1",
            instant: Timestamp(milliseconds: 0), annotations: RequestAnnotations())
    }

    @Test func `only reads get 304`() throws {
        let tag = EntityTag(version: 1)
        for (method, status) in [(HTTPRequest.Method.get, 304), (.head, 304), (.post, 200)] {
            let answer = try OperationResponse.entity(
                ByteBuffer(string: "{}"), tag: tag, for: request(method, [.ifNoneMatch: "*"]))
            #expect(answer.status.code == status && answer.headers[.eTag] == "\"1\"")
        }
    }

    @Test func `unsupported conditions are refused`() throws {
        for name in [HTTPField.Name.ifMatch, .ifNoneMatch] {
            #expect(throws: HTTPFailure.self) {
                try ParameterValidation.refuseConditions(request(.post, [name: "*"]), unlessIn: [.id])
            }
            try ParameterValidation.refuseConditions(request(.patch, [name: "*"]), unlessIn: [.ifMatch])
            try ParameterValidation.refuseConditions(request(.get, [name: "*"]), unlessIn: [])
        }
    }

    private func key(_ headers: HTTPFields, caller: String = "a", body: String = "{}") throws -> IdempotencyKey {
        var headers = headers
        if headers[.idempotencyKey] == nil { headers[.idempotencyKey] = "k1" }
        return try #require(
            try IdempotencyKey(
                request(.post, headers, body: body), parameters: [Self.tenant, .preferReturn, .ifMatch],
                caller: IdempotencyOwner("user", [caller]), in: Self.scope, secret: Self.secret))
    }

    @Test func `the fingerprint covers the whole request`() throws {
        let name = try #require(HTTPField.Name("TenantID"))
        let plain = try key([:])
        #expect(try key([.prefer: "return=representation", .ifMatch: "*", .userAgent: "x"]) == plain)
        let (one, two) = (try key([name: "1"]), try key([name: "2"]))
        #expect(Set([plain, one, two].map(\.fingerprint)).count == 3)
        #expect(Set([plain, one, two].map(\.hash)).count == 1, "the same key, for another request")
        #expect(try key([:], body: "{ }").fingerprint != plain.fingerprint)
    }

    /// The key that is passed on is unique, whatever key the client has sent.
    @Test func `the key that is passed on is unique to its caller`() throws {
        func claim(_ key: IdempotencyKey) -> IdempotencyClaim {
            IdempotencyClaim(key: key, owner: .v4(), instant: Timestamp(seconds: 0))
        }
        let long = HTTPFields([HTTPField(name: .idempotencyKey, value: String(repeating: "k", count: 255))])
        let names = try [key([:]), key([:], caller: "b"), key(long)].map { claim($0).name }
        #expect(Set(names).count == 3 && names.allSatisfy { $0.utf8.count == 64 && !$0.contains("k") })
        #expect(try claim(key([:])).name == names[0])
    }

    @Test func `browsers may read the headers of responses`() {
        let operation = Operation(
            .post, "/x", id: "X.create", summary: "", security: .bearer(permissions: []), requestBody: .freeObject,
            responses: [
                .init(
                    .created, "",
                    headers: [.link, .eTag, .location, .totalCount, .preferenceApplied, .contentDisposition])
            ], rateLimit: RateLimit(limit: 1), idempotency: .recover { _ in .noContent },
            handler: .anonymous { _ in .noContent })
        let fields = CrossOriginPolicy(allowedOrigins: ["*"], operations: [operation])
            .headers(origin: "https://a.example")
        let exposed = (fields[.accessControlExposeHeaders] ?? "").split(separator: ",").map { $0.trimmingSpaces() }
        for name in [
            "Preference-Applied", "Idempotency-Replayed", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining",
            "X-RateLimit-Reset", "Content-Disposition", "WWW-Authenticate", "Allow", "Link", "ETag", "Location",
            "X-Total-Count", "X-Request-Id", "Retry-After",
        ] { #expect(exposed.contains(name), "\(name)") }
    }
}
