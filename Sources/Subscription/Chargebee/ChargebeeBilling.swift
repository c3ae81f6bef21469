import Entities
import JSONCoding
import OutboundHTTP
import Primitives

/// Chargebee: it keeps customers, cards and invoices of the contract's API, and collects money. Cards come as tokens that Chargebee has
/// given to the client; numbers of cards are refused.
///
/// Chargebee forgets idempotency keys after half an hour. So what moves money or makes an object carries its key where it can be read
/// back: customers in their id, invoices in their order number, refunds in the notes of their credit note.
struct ChargebeeBilling: BillingProvider {
    let client: ChargebeeClient
    /// The invoices that are kept here: what was billed is read from them.
    let invoices: InvoiceRepository

    let collectsAutomatically = true

    func shutdown() async { await client.connection.http.shutdown() }

    /// An answer, with what Chargebee refuses in the words of the protocol.
    func understood(
        missing: BillingProviderError = .unknownObject,
        _ ask: () async throws -> JSONValue
    ) async throws -> JSONValue {
        do {
            return try await ask()
        } catch let refusal as ChargebeeClient.Refusal {
            if refusal.isDecline { throw ProviderDecline(code: refusal.decline) }
            if refusal.isMissing { throw missing }
            throw BillingProviderError.notAccepted
        }
    }

    /// An object of an answer.
    /// - Parameter name: What it is called: an answer has several.
    static func object(_ name: String, _ answer: JSONValue) throws(BillingProviderError) -> JSONValue {
        guard let object = answer[name], object["id"]?.stringValue?.isEmpty == false else { throw .outcomeUnknown }
        return object
    }

    static func id(of object: JSONValue) throws(BillingProviderError) -> String {
        guard let id = object["id"]?.stringValue, !id.isEmpty, id.utf8.count <= 255 else { throw .outcomeUnknown }
        return id
    }
}
