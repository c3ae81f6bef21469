import JSONCoding
import NIOHTTP1
import Primitives

/// The API of an identity provider for the length of one set-up, with the token that was obtained for it.
struct IdentityProviderAPI: Sendable {
    /// How long a set-up may take altogether: less than callers usually wait.
    static let timeLimit = Duration.seconds(45)

    let http: IdentityProviderHTTP
    let url: String
    let deadline: ContinuousClock.Instant
    private(set) var token: String?

    init(http: IdentityProviderHTTP, url: String) {
        self.http = http
        self.url = url
        deadline = .now + Self.timeLimit
    }

    /// Obtains the token that later calls carry.
    mutating func signIn(_ path: String, _ body: IdentityProviderHTTP.Body) async throws(IdentityProviderFailure) {
        let step = "signing in"
        let answer = try await http.send(.POST, url + path, token: nil, body: body, step: step, deadline: deadline)
        guard answer.status == 200 else {
            throw Self.isTemporary(answer.status)
                ? .unavailable(step: step, reason: "it answered \(answer.status)")
                : .denied(step: step, status: answer.status)
        }
        guard let token = answer.json["access_token"]?.stringValue, Self.isToken(token) else {
            throw .unavailable(step: step, reason: "its answer holds no token")
        }
        self.token = token
    }

    /// Calls an operation.
    /// - Parameters:
    ///   - path: Below the provider's address, encoded.
    ///   - step: What is being done, for messages: `creating the user`.
    ///   - statuses: What the caller can deal with.
    func call(
        _ method: HTTPMethod, _ path: String, query: [(name: String, value: String)] = [], _ body: JSONValue? = nil,
        step: String, expecting statuses: Set<Int>
    ) async throws(IdentityProviderFailure) -> IdentityProviderHTTP.Answer {
        let suffix = query.isEmpty ? "" : "?\(PercentEncoding.form(query))"
        let answer = try await http.send(
            method, url + path + suffix, token: token, body: body.map { .json($0) } ?? .none, step: step,
            deadline: deadline)
        if statuses.contains(answer.status) { return answer }
        switch answer.status {
        case let status where Self.isTemporary(status):
            throw .unavailable(step: step, reason: "it answered \(status)")
        case 400, 404, 409, 422: throw .refused(step: step, status: answer.status, code: Self.code(answer.json))
        default: throw .denied(step: step, status: answer.status)
        }
    }

    private static func isTemporary(_ status: Int) -> Bool { status >= 500 || status == 429 || status == 408 }

    /// A token that may stand in a header (RFC 6750 section 2.1).
    private static func isToken(_ text: String) -> Bool {
        (1...16_384).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// The provider's name of an error. Its texts are left out: they may repeat what was sent.
    private static func code(_ json: JSONValue) -> String? {
        for member in ["errorCode", "error"] {
            guard let text = json[member]?.stringValue, (1...64).contains(text.utf8.count),
                text.utf8.allSatisfy({
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                        || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E
                })
            else { continue }
            return text
        }
        return nil
    }
}

extension IdentityProviderHTTP.Answer {
    /// A member that must be a text, such as the id of what was created.
    func text(_ member: String, step: String) throws(IdentityProviderFailure) -> String {
        guard let text = json[member]?.stringValue, (1...255).contains(text.utf8.count) else {
            throw .unavailable(step: step, reason: "its answer holds no \(member)")
        }
        return text
    }

    /// The id at the end of the `Location` header of what was created.
    var createdID: String? {
        guard let id = location?.split(separator: "/").last, (1...255).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3F && $0 != 0x23 && $0 != 0x25 })
        else { return nil }
        return String(id)
    }
}
