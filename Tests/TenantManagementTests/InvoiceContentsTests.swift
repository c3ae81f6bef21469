import Testing

@testable import TenantManagement

@Suite struct InvoiceContentsTests {
    /// Rows of an adopted database may hold what the API refuses today; an invoice never shows another number than its
    /// row.
    @Test(arguments: [
        ("100", "JPY", "100 JPY"), ("1.5", "KWD", "1.500 KWD"), ("0.1", "USD", "0.10 USD"), ("-7", "EUR", "-7.00 EUR"),
        ("10.555", "USD", "10.555 USD"), ("5", "€€€", "5 €€€"), ("5", "", "5"),
        ("1" + String(repeating: "0", count: 300), "USD", "1e300 USD"),
    ])
    func `amounts have the decimals of their currency, or are shown as they are stored`(
        number: String, currency: String, text: String
    ) {
        #expect(InvoiceContents.amount(number, currency: currency) == text)
    }
}
