import Crypto
import FoundationEssentials
import JSONCoding
import Logging
import OutboundHTTP
import Primitives

/// Requests to Chargebee (API version 2), and what their answers mean.
struct ChargebeeClient: Sendable {
    private static let maximumIdentifierLength = 50
    private static let maximumKeyLength = 100
    private static let maximumPages = 20

    let connection: ProviderConnection

    init(http: OutboundHTTPClient, configuration: ChargebeeConfiguration, logger: Logger) {
        // The key is the user, and there is no password.
        let credentials = Data("\(configuration.key):".utf8).base64EncodedString()
        connection = ProviderConnection(
            name: "Chargebee", keyName: "CHARGEBEE_API_KEY", base: "\(configuration.base)/api/v2",
            headers: [("authorization", "Basic \(credentials)"), ("accept", "application/json")],
            keyHeader: "chargebee-idempotency-key", http: http, logger: logger)
    }

    /// What Chargebee says of a request that it has understood and refuses.
    struct Refusal: Error, Sendable, Hashable {
        let status: Int
        let type: String
        let code: String
        /// The member of the request that is wrong.
        let parameter: String?
        /// Why a payment was declined.
        let decline: String

        /// Whether a payment or a card was declined.
        var isDecline: Bool { type == "payment" }
        var isMissing: Bool { status == 404 || code == "resource_not_found" }
        /// Whether something is not in a state in which this can be done.
        var isState: Bool { status == 409 }
    }

    func get(_ path: String, _ query: ProviderForm = ProviderForm()) async throws -> JSONValue {
        try await read { try await connection.get(path, query) }
    }

    /// - Parameter key: The same for every repetition. Chargebee knows it for half an hour.
    func post(_ path: String, _ form: ProviderForm = ProviderForm(), key: String) async throws -> JSONValue {
        try await read { try await connection.post(path, form, key: Self.key(key)) }
    }

    /// The first pages of a list, up to a wanted object.
    struct Listing: Sendable {
        /// What comes before the wanted object; everything that was read if it was not found.
        var before: [JSONValue] = []
        var found: JSONValue?
        /// Whether there is more that was not read, although nothing was found.
        var isCut = false
    }

    /// Reads a list up to a wanted object, or up to a limit.
    /// - Parameter member: The name of the objects.
    func list(
        _ path: String, of member: String, _ query: ProviderForm, until isWanted: (JSONValue) -> Bool
    ) async throws -> Listing {
        var listing = Listing()
        var offset: String?
        for _ in 0..<Self.maximumPages {
            var query = query
            query.add("limit", "100")
            query.add("offset", offset)
            let page = try await get(path, query)
            for object in (page["list"]?.arrayValue ?? []).compactMap({ $0[member] }) {
                if isWanted(object) {
                    listing.found = object
                    return listing
                }
                listing.before.append(object)
            }
            offset = page["next_offset"]?.stringValue
            if offset == nil { return listing }
        }
        listing.isCut = true
        return listing
    }

    /// An id of Chargebee's as a part of a path. Ids of invoices have the form that the account gives them.
    /// - Throws: the error for texts that cannot be one, or would lead elsewhere.
    static func segment(_ id: String, else error: BillingProviderError) throws(BillingProviderError) -> String {
        guard !id.isEmpty, id.utf8.count <= maximumIdentifierLength, id != ".", id != "..",
            id.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw error }
        return PercentEncoding.encode(id)
    }

    /// A key as the header takes it.
    static func key(_ key: String) -> String {
        if key.utf8.count <= maximumKeyLength, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return key }
        return Hex.encode(Array(SHA256.hash(data: Data(key.utf8))))
    }

    private func read(_ ask: () async throws -> JSONValue) async throws -> JSONValue {
        do {
            return try await ask()
        } catch let refusal as ProviderConnection.Refusal {
            throw meaning(of: refusal)
        }
    }

    /// What a failure means. Texts of Chargebee are for its account, not for our clients.
    private func meaning(of refusal: ProviderConnection.Refusal) -> any Error {
        func text(_ name: String) -> String? { refusal.body?[name]?.stringValue }
        let (type, code) = (text("type") ?? "", text("api_error_code") ?? "")
        if code.hasPrefix("site_") {
            connection.logger.error("Chargebee does not serve CHARGEBEE_SITE", metadata: ["code": "\(code.prefix(40))"])
            return BillingProviderError.unavailable
        }
        switch refusal.status {
        // Another request under this key is at work, unless it is the state of the object.
        case 409 where !code.contains("state"): return refusal.asUnanswered
        // The key was used for another request.
        case 422: return refusal.asUnanswered
        default:
            guard type != "operation_failed" else { return refusal.asUnanswered }
            return Refusal(
                status: refusal.status, type: type, code: code, parameter: text("param"),
                decline: ChargebeeDecline.code(cause: text("error_cause_id"), message: text("message")))
        }
    }
}
