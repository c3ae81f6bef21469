import ConfigurationChecks
import Foundation
import JSONCoding
import ServiceKit
import StackTestSupport
import Testing

/// Invoices as PDF (docs/contract/arc-api.md 5.5).
@Suite struct InvoiceDownloadTests {
    private func invoice(
        _ stack: TestStack, _ tenant: String, amount: JSONValue = 100, currency: String = "USD", status: Int = 0
    ) async throws -> String {
        try await stack.tenantManagement.post(
            "/invoices",
            [
                "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": amount,
                "currencyCode": .string(currency), "status": .integer(status), "tenantId": .string(tenant),
            ], token: stack.admin
        ).expect(201).string("id")
    }

    private func text(_ stack: TestStack, _ id: String) async throws -> String {
        let answer = try await stack.tenantManagement.get("/invoices/\(id)/download", token: stack.admin).expect(200)
        return try await PDFText.of(answer.bytes)
    }

    @Test func `the file shows the values of the row`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            var body = TestStack.tenantBody()
            body["name"] = "Жуковский & Σία — Łódź GmbH (Zürich) with a name that needs more than one line of it"
            body["zip"] = "12345"
            let tenant = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin)
                .expect(201).string("id")
            let id = try await invoice(stack, tenant, amount: 1234.5, status: 1)
            let answer = try await stack.tenantManagement.get("/invoices/\(id)/download", token: stack.admin)
            #expect(answer.status == 200 && answer.headers["content-type"] == "application/pdf")
            #expect(answer.headers["content-disposition"] == "attachment; filename=\"invoice-\(id).pdf\"")
            #expect(answer.headers["content-length"] == String(answer.bytes.count))
            if let path = ProcessInfo.processInfo.environment["ARC_TEST_KEEP_PDF"] {
                try Data(answer.bytes).write(to: URL(fileURLWithPath: path))
            }
            let text = try await PDFText.of(answer.bytes)
            for part in [
                "Invoice", id, "Жуковский & Σία — Łódź GmbH", "1 Main Street", "12345, Springfield", "India",
                "2026-01-01 – 2026-01-31", "2026-02-15", "PAID", "1234.50 USD",
            ] {
                #expect(text.contains(part), "\(part) in \(text)")
            }
            try await stack.tenantManagement.patch("/invoices/\(id)", ["status": 2], token: stack.admin).expect(204)
            #expect(try await self.text(stack, id).contains("CANCELLED"), "each download shows the row as it is")
        }
    }

    @Test func `amounts have the decimals of their currency`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let cases: [(JSONValue, String, String)] = [
                (100, "JPY", "100 JPY"), (1.5, "KWD", "1.500 KWD"), (0.1, "USD", "0.10 USD"), (7, "EUR", "7.00 EUR"),
            ]
            for (amount, currency, expected) in cases {
                let text = try await text(stack, try await invoice(stack, tenant, amount: amount, currency: currency))
                #expect(text.contains(" \(expected)"), "\(expected) in \(text)")
            }
        }
    }

    @Test func `invoices of other tenants are not found`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let own = try await stack.createTenantID()
            let other = try await stack.createTenantID()
            let token = try await stack.tokens.userToken(tenant: own)
            let ownInvoice = try await invoice(stack, own)
            try await client.get("/invoices/\(ownInvoice)/download", token: token).expect(200)
            let foreign = try await invoice(stack, other)
            let answer = try await client.get("/invoices/\(foreign)/download", token: token).expect(404)
            #expect(answer.message == "EntityNotFound")
            try await client.delete("/invoices/\(ownInvoice)", token: stack.admin).expect(204)
            try await client.get("/invoices/\(ownInvoice)/download", token: token).expect(404)
            for permission in ["10212", "10215"] {
                let token = try await stack.tokens.operatorToken([permission])
                try await client.get("/invoices/\(foreign)/download", token: token).expect(200)
            }
            let wrong = try await stack.tokens.operatorToken(["10213", "10214"])
            try await client.get("/invoices/\(foreign)/download", token: wrong).expect(403)
        }
    }

    @Test func `the original's path names the new one`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let token = try await stack.tokens.operatorToken(["10212"])
            let answer = try await stack.tenantManagement.get("/invoices/download", token: token).expect(400)
            #expect(answer.message.contains("/invoices/{id}/download"))
            #expect(answer.errorCode == "MISSING_REQUIRED_PARAMETER")
            try await stack.tenantManagement.get(
                "/invoices/download", token: try await stack.tokens.operatorToken(["10215"])
            ).expect(403)
        }
    }

    @Test func `tenants of every script get an invoice with their name`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            for name in ["שלום", "شركة النور", "株式会社テスト", "हिन्दी", "ภาษาไทย"] {
                var body = TestStack.tenantBody()
                body["name"] = .string(name)
                let tenant = try await stack.tenantManagement.post("/tenants", .object(body), token: stack.admin)
                    .expect(201).string("id")
                let id = try await invoice(stack, tenant)
                let text = try await text(stack, id)
                #expect(text.filter { !"\u{202A}\u{202B}\u{202C}".contains($0) }.contains(name), "\(name) in \(text)")
            }
        }
    }

    @Test func `an invoice that cannot be drawn is a 503, and everything else works`() async throws {
        try await TestStack.run([.tenantManagement], environment: ["PDF_RENDERER_PATH": "/bin/false"]) { stack in
            let id = try await invoice(stack, try await stack.createTenantID())
            let answer = try await stack.tenantManagement.get("/invoices/\(id)/download", token: stack.admin)
                .expect(503)
            #expect(answer.errorCode == "DOCUMENT_NOT_DRAWN")
            #expect(answer.headers["retry-after"] == "60")
            try await stack.tenantManagement.get("/invoices/\(id)", token: stack.admin).expect(200)
        }
    }

    @Test func `a renderer that cannot be executed prevents startup`() async throws {
        let failure = await #expect(throws: ConfigurationFailure.self) {
            try await TestStack.run([.tenantManagement], environment: ["PDF_RENDERER_PATH": "/etc/passwd"]) { _ in }
        }
        #expect(failure?.key == "PDF_RENDERER_PATH")
    }
}
