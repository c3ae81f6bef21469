import JSONCoding
import Logging
import OutboundHTTP

/// Requests to Stripe, and what their answers mean.
struct StripeClient: Sendable {
    /// The version whose shapes are parsed: that which the original's library pins.
    static let version = "2024-09-30.acacia"
    private static let maximumIdentifierLength = 255

    let connection: ProviderConnection

    init(http: OutboundHTTPClient, configuration: StripeConfiguration, logger: Logger) {
        connection = ProviderConnection(
            name: "Stripe", keyName: "STRIPE_SECRET_KEY", base: "\(configuration.base)/v1",
            headers: [("authorization", "Bearer \(configuration.key)"), ("stripe-version", Self.version)],
            keyHeader: "idempotency-key", http: http, logger: logger)
    }

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

    func get(_ path: String, _ query: ProviderForm = ProviderForm()) async throws -> JSONValue {
        try await read { try await connection.get(path, query) }
    }

    /// - Parameter key: The same for every repetition.
    func post(_ path: String, _ form: ProviderForm = ProviderForm(), key: String) async throws -> JSONValue {
        try await read { try await connection.post(path, form, key: key) }
    }

    func delete(_ path: String) async throws -> JSONValue { try await read { try await connection.delete(path) } }

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

    private func read(_ ask: () async throws -> JSONValue) async throws -> JSONValue {
        do {
            return try await ask()
        } catch let refusal as ProviderConnection.Refusal {
            // Another request under this key is at work.
            guard refusal.status != 409 else { throw refusal.asUnanswered }
            // Texts of Stripe are for its account, not for our clients.
            let error = refusal.body?["error"]
            throw Refusal(
                status: refusal.status, type: error?["type"]?.stringValue ?? "",
                code: error?["decline_code"]?.stringValue ?? error?["code"]?.stringValue,
                payment: error?["payment_intent"]?["id"]?.stringValue)
        }
    }
}
