import ConfigurationChecks
import JSONCoding
import Logging
import NIOHTTP1
import OutboundHTTP
import Primitives

/// Requests to the API of a provider, and what their failures mean, whatever the provider says of them. Nothing of a request or an
/// answer is logged, and it does not show its headers, which hold the key.
struct ProviderConnection: Sendable, CustomStringConvertible, CustomReflectable {
    private static let timeout = Duration.seconds(30)

    /// What the provider says of a request that it has understood and refuses.
    struct Refusal: Error, Sendable {
        let status: Int
        let isRead: Bool
        let body: JSONValue?

        /// As a failure of the provider's own.
        var asUnanswered: BillingProviderError { isRead ? .unavailable : .outcomeUnknown }
    }

    /// The provider, for logs.
    let name: String
    /// The setting that its key is from.
    let keyName: String
    /// With the version, without a slash at the end.
    let base: String
    /// Those of every request.
    let headers: [(name: String, value: String)]
    /// The name of the header of idempotency keys.
    let keyHeader: String
    let http: OutboundHTTPClient
    let logger: Logger

    var description: String { "\(name) at \(base)" }
    var customMirror: Mirror { Mirror(self, children: []) }

    func get(_ path: String, _ query: ProviderForm) async throws -> JSONValue {
        try await send("GET", query.members.isEmpty ? path : "\(path)?\(query.text)", nil, key: nil)
    }

    /// - Parameter key: The same for every repetition.
    func post(_ path: String, _ form: ProviderForm, key: String) async throws -> JSONValue {
        try await send("POST", path, form, key: key)
    }

    func delete(_ path: String) async throws -> JSONValue { try await send("DELETE", path, nil, key: nil) }

    private func send(_ method: String, _ path: String, _ form: ProviderForm?, key: String?) async throws -> JSONValue {
        var request = OutboundRequest(.init(rawValue: method), "\(base)/\(path)")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let key { request.headers.add(name: keyHeader, value: key) }
        if let form {
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = Array(form.text.utf8)
        }
        let isRead = method == "GET"
        let answer: OutboundAnswer
        do {
            answer = try await http.send(request, timeout: Self.timeout)
        } catch {
            logger.warning("\(name) has not answered", metadata: ["method": "\(method)", "reason": "\(error.reason)"])
            throw isRead ? BillingProviderError.unavailable : .outcomeUnknown
        }
        let body = try? JSONValue.parse(stored: answer.body)
        if answer.isSuccess {
            guard let body else { throw BillingProviderError.outcomeUnknown }
            return body
        }
        let refusal = Refusal(status: answer.status, isRead: isRead, body: body)
        switch answer.status {
        case 401, 403:
            logger.error("\(name) refuses \(keyName)", metadata: ["status": "\(answer.status)"])
            throw BillingProviderError.unavailable
        case 429: throw BillingProviderError.unavailable
        case 500...: throw refusal.asUnanswered
        default: throw refusal
        }
    }
}

/// Where the API of a provider is, as a setting.
enum ProviderAddress {
    static let values = "an http or https URL without a path"

    /// Whether a key may be sent there: encrypted, or to this machine.
    static func isValid(_ text: String) -> Bool {
        HTTPURL(text).map { ["", "/"].contains($0.path) && !$0.hasQuery && ($0.isSecure || $0.isLoopback) } ?? false
    }

    /// Without a slash at the end.
    static func base(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
}
