import Foundation
import TestSupport

/// The seller on invoices. Without one, and without the country of the buyer, there are no electronic invoices.
package enum TestSeller {
    /// Writes a description of a seller for the length of the body.
    /// - Parameter body: Gets the settings that name the file.
    package static func run<Value>(_ body: ([String: String]) async throws -> Value) async throws -> Value {
        let file = TestCommand.temporaryFile("seller.json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(
            #"{"name": "Seller", "vatId": "DE123456789", "address": {"city": "Berlin", "zip": "10115", "country": "DE"}}"#
                .utf8
        ).write(to: file)
        return try await body(["INVOICE_SELLER_FILE": file.path])
    }
}
