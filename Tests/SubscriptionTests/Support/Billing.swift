import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

/// Customers and invoices for tests.
extension TestService {
    /// Makes a tenant a customer and returns the provider's id.
    func customer(_ tenant: Identifier = tenantA, _ body: JSONValue = ["firstName": "Ann"]) async throws -> String {
        let response = try await send(
            "POST", "/billing-customer", body, headers: ["tenantId": tenant.description])
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// Bills a customer and returns our id of the invoice.
    func invoice(
        _ customer: String, _ amount: JSONValue = 5000, currency: String = "USD"
    ) async throws -> String {
        let response = try await send(
            "POST", "/billing-invoice",
            [
                "customerId": .string(customer), "currencyCode": .string(currency),
                "charges": [["amount": amount, "description": "Premium"]],
            ])
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// Keeps a card and returns the provider's id.
    func card(_ customer: String, expiryYear: Int = 2030) async throws -> String {
        let response = try await send(
            "POST", "/billing-payment-source",
            ["customerId": .string(customer), "card": Self.cardBody(expiryYear: expiryYear)])
        try #require(response.status == 201, "\(response.text)")
        return try #require(response.json["id"]?.stringValue)
    }

    /// A card that passes every check.
    static func cardBody(expiryYear: Int = 2030) -> JSONValue {
        [
            "gatewayAccountId": "gw_1", "number": "4242 4242 4242 4242", "expiryMonth": 12,
            "expiryYear": .integer(expiryYear), "cvv": "123",
        ]
    }

    /// The status of an invoice as the API shows it.
    func status(ofInvoice id: String) async throws -> String? {
        try await send("GET", "/billing-invoice/\(id)").json["status"]?.stringValue
    }

    /// One column of all payments of an invoice, in the order in which they were made.
    func payments(of invoice: String, _ column: String) async throws -> [String?] {
        try await database.query(
            "SELECT \(column)::text FROM main.billing_payments WHERE invoice_id = $1::uuid ORDER BY created_on",
            [.text(invoice)]
        ).rows.map { try $0.textIfPresent(0) }
    }
}
