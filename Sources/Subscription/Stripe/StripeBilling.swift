import Billing
import Entities
import JSONCoding
import OutboundHTTP
import Primitives

/// Stripe: it keeps customers, cards and invoices of the contract's API, and collects money. Cards come as tokens that Stripe has given to
/// the client; numbers of cards are refused.
struct StripeBilling: BillingProvider {
    let client: StripeClient
    /// The invoices that are kept here: what was billed is read from them.
    let invoices: InvoiceRepository

    let collectsAutomatically = true

    func shutdown() async { await client.connection.http.shutdown() }

    /// An answer, with what Stripe refuses in the words of the protocol.
    func understood(
        missing: BillingProviderError = .unknownObject,
        _ ask: () async throws -> JSONValue
    ) async throws -> JSONValue {
        do {
            return try await ask()
        } catch let refusal as StripeClient.Refusal {
            if refusal.isDecline { throw ProviderDecline(code: refusal.code, payment: refusal.payment) }
            if refusal.status == 404 || refusal.code == "resource_missing" { throw missing }
            if refusal.type == "idempotency_error" { throw BillingProviderError.outcomeUnknown }
            throw BillingProviderError.notAccepted
        }
    }

    static func id(of object: JSONValue) throws(BillingProviderError) -> String {
        guard let id = object["id"]?.stringValue else { throw .outcomeUnknown }
        return try StripeClient.segment(id, else: .outcomeUnknown)
    }
}
