import Billing
import Entities
import JSONCoding

/// A payment or a card that an external provider has declined.
struct ProviderDecline: Error, Sendable, Hashable {
    let code: String?
    var payment: String?

    /// The code is for programs; texts of the provider stay there.
    var result: PaymentResult {
        PaymentResult(
            status: .failure, invoiceStatus: .notPaid, idAtGateway: payment, errorCode: code ?? "card_declined",
            errorText: "The payment was declined.")
    }
}

extension BillingProviderError {
    // Why external providers refuse a request, in our own words: their texts are not passed on.
    static let notAccepted = refused("The billing provider does not accept this.")
    static let unknownObject = refused("The billing provider does not know what this is about.")
    static let cardDeclined = refused("The card was declined.")
    static let uncountableAmount = refused("The amount cannot be collected in this currency.")
    static let paidInvoice = refused("A paid invoice cannot be deleted.")
}

extension NewPaymentSource {
    /// The token of a card that an external provider has given to the client.
    /// - Throws: `.invalid` without one, and for the number of a card, which is passed on to nobody.
    func token(of provider: String) throws(BillingProviderError) -> String {
        guard card == nil else {
            throw .invalid([
                ValidationDetail(
                    path: "/card", code: "forbidden",
                    message:
                        "must not be sent: numbers of cards go to \(provider) alone; send its token in options.token")
            ])
        }
        guard let token = options?["token"]?.stringValue else { throw .invalid([.required("/options", "token")]) }
        return token
    }
}

extension PaymentOrder {
    /// What a payment comes to without asking an external provider; nil: it has to be asked.
    /// - Throws: `.refused` for an invoice of the billing engine, which the provider does not know.
    func resultWithoutProvider(
        of invoice: InvoiceReference, in scope: TenantScope
    ) throws(BillingProviderError) -> PaymentResult? {
        if hasFailed { return PaymentResult(status: .failure, invoiceStatus: .notPaid) }
        guard !invoice.isOurs else {
            throw .refused("Say how the invoice is collected first: its subscription has no collectionMethod.")
        }
        // A user's word is an announcement.
        guard source != nil || scope.isOperator else {
            return PaymentResult(status: .pending, invoiceStatus: .pending)
        }
        return nil
    }
}

extension InvoiceRepository {
    /// An invoice as it was billed.
    /// - Throws: `BillingProviderError.unknownInvoice`.
    func billed(_ invoice: InvoiceReference, in scope: TenantScope) async throws -> BillingInvoice {
        do {
            return try await billed(invoice.row, in: scope)
        } catch RepositoryError.notFound {
            throw BillingProviderError.unknownInvoice
        }
    }

    /// An invoice as it was billed, with the status that an external provider has it in.
    /// - Parameter ask: Of an invoice that the provider has issued.
    func billed(
        _ invoice: InvoiceReference, in scope: TenantScope, _ ask: () async throws -> Invoice.Status?
    ) async throws -> BillingInvoice {
        let ours = try await billed(invoice, in: scope)
        guard !invoice.isOurs else { return ours }
        return BillingInvoice(
            status: try await ask() ?? ours.status, contents: ours.contents, details: ours.details)
    }
}
