import JSONCoding
import Logging
import NIOHTTP1
import OutboundHTTP
import Primitives

/// Requests to Stripe, and what their answers mean. Nothing of a request or an answer is logged.
struct StripeClient: Sendable {
    /// The version whose shapes are parsed: that which the original's library pins.
    static let version = "2024-09-30.acacia"
    private static let timeout = Duration.seconds(30)
    private static let maximumIdentifierLength = 255

    let http: OutboundHTTPClient
    let configuration: StripeConfiguration
    let logger: Logger

    /// What Stripe says of a request that it has understood and refuses.
    struct Refusal: Error, Sendable, Hashable {
        let status: Int
        let type: String
        /// Why a card was declined, or what is wrong.
        let code: String?
        /// The payment that was declined.
        let payment: String?

        /// Whether a payment or a card was declined.
        var isDecline: Bool { status == 402 || type == "card_error" }
    }

    func get(_ path: String, _ query: StripeForm = StripeForm()) async throws -> JSONValue {
        let text = query.text
        return try await send("GET", text.isEmpty ? path : "\(path)?\(text)", nil, key: nil)
    }

    /// - Parameter key: The same for every repetition.
    func post(_ path: String, _ form: StripeForm = StripeForm(), key: String) async throws -> JSONValue {
        try await send("POST", path, form, key: key)
    }

    func delete(_ path: String) async throws -> JSONValue { try await send("DELETE", path, nil, key: nil) }

    /// An id of Stripe's as a part of a path.
    /// - Throws: the error for texts that cannot be one, which would lead elsewhere.
    static func segment(_ id: String, else error: BillingProviderError) throws(BillingProviderError) -> String {
        guard !id.isEmpty, id.utf8.count <= maximumIdentifierLength,
            id.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: "-")
            })
        else { throw error }
        return id
    }

    private func send(_ method: String, _ path: String, _ form: StripeForm?, key: String?) async throws -> JSONValue {
        var request = OutboundRequest(.init(rawValue: method), "\(configuration.base)/v1/\(path)")
        request.headers.add(name: "authorization", value: "Bearer \(configuration.key)")
        request.headers.add(name: "stripe-version", value: Self.version)
        if let key { request.headers.add(name: "idempotency-key", value: key) }
        if let form {
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = Array(form.text.utf8)
        }
        let answer: OutboundAnswer
        do {
            answer = try await http.send(request, timeout: Self.timeout)
        } catch {
            logger.warning("Stripe has not answered", metadata: ["method": "\(method)", "reason": "\(error.reason)"])
            throw method == "GET" ? BillingProviderError.unavailable : .outcomeUnknown
        }
        let body = try? JSONValue.parse(stored: answer.body)
        if answer.isSuccess {
            guard let body else { throw BillingProviderError.outcomeUnknown }
            return body
        }
        throw meaning(of: answer.status, body?["error"], isRead: method == "GET")
    }

    /// What a failure means. Texts of Stripe are for its account, not for our clients.
    private func meaning(of status: Int, _ error: JSONValue?, isRead: Bool) -> any Error {
        let type = error?["type"]?.stringValue ?? ""
        switch status {
        case 401, 403:
            logger.error("Stripe refuses STRIPE_SECRET_KEY", metadata: ["status": "\(status)"])
            return BillingProviderError.unavailable
        case 429: return BillingProviderError.unavailable
        // Another request under this key is at work, or its result was a failure of Stripe's own.
        case 409, 500...: return isRead ? BillingProviderError.unavailable : .outcomeUnknown
        default:
            let payment = error?["payment_intent"]?["id"]?.stringValue
            return Refusal(
                status: status, type: type,
                code: error?["decline_code"]?.stringValue ?? error?["code"]?.stringValue, payment: payment)
        }
    }
}
