import Configuration
import ConfigurationChecks
import Entities
import HTTPTypes
import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import ServicePlatform
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct BillingWebhooks {
        private static let environment = ["WEBHOOK_USERNAME": "chargebee", "WEBHOOK_PASSWORD": "pass:wörd"]
        /// `chargebee:pass:wörd`
        private static let authorization = ["authorization": "Basic Y2hhcmdlYmVlOnBhc3M6d8O2cmQ="]

        private static func event(_ id: String?, _ invoice: String, _ status: String) -> JSONValue {
            var body: JSONObject = [
                "event_type": "payment_succeeded", "webhook_status": "scheduled", "occurred_at": 1,
                "content": ["invoice": ["id": .string(invoice), "status": .string(status), "total": 5000]],
            ]
            body["id"] = id.map { .string($0) }
            return .object(body)
        }

        private static func report(
            _ service: TestService, _ id: String?, _ invoice: String, _ status: String
        ) async throws -> Int {
            try await service.send(
                "POST", "/webhooks/billing-payment", event(id, invoice, status), token: "", headers: authorization
            ).status
        }

        @Test func `each event has its effect once, and late ones undo nothing`() async throws {
            try await TestService.run(environment: Self.environment) { service in
                let id = try await service.invoice(try await service.customer())
                let rows = try await service.database.query("SELECT invoice_id FROM main.invoice")
                let providerID = try #require(rows.first).text(0)
                for (event, status, result) in [
                    ("ev_1", "not_paid", "not_paid"), ("ev_2", "posted", "posted"),
                    // The first one again.
                    ("ev_1", "not_paid", "posted"),
                    // One that changed nothing the first time has no effect later either.
                    ("ev_3", "posted", "posted"), ("ev_4", "payment_due", "payment_due"),
                    ("ev_3", "posted", "payment_due"), ("ev_5", "paid", "paid"),
                    // Late: what is paid stays paid.
                    ("ev_6", "not_paid", "paid"), ("ev_7", "draft", "paid"), (nil, "payment_due", "paid"),
                    ("ev_8", "voided", "voided"), ("ev_9", "paid", "voided"),
                ] as [(String?, String, String)] {
                    #expect(try await Self.report(service, event, providerID, status) == 204)
                    #expect(try await service.status(ofInvoice: id) == result, "\(event ?? "-") \(status)")
                }
                #expect(try await Self.report(service, nil, id, "voided") == 204, "our own id is known too")
            }
        }

        @Test(arguments: [("paid", ["failure", "success"]), ("voided", ["failure", "failure"])])
        func `a payment that was announced is settled`(status: String, payments: [String]) async throws {
            try await TestService.run(environment: Self.environment) { service in
                let id = try await service.invoice(try await service.customer())
                let token = try await service.token(tenant: TestService.tenantA)
                for _ in 0..<2 {
                    let path = "/billing-invoice/\(id)/payments"
                    #expect(try await service.send("POST", path, ["paymentMethod": "cash"], token: token).status == 204)
                }
                #expect(try await Self.report(service, "ev_1", id, "posted") == 204)
                #expect(try await service.payments(of: id, "status") == ["pending", "pending"])
                #expect(try await Self.report(service, "ev_2", id, status) == 204)
                #expect(try await service.payments(of: id, "status") == payments)
            }
        }

        @Test func `the change is made by the system user`() async throws {
            let user = Identifier.v4()
            let environment = Self.environment.merging(["SYSTEM_USER_ID": user.description]) { $1 }
            try await TestService.run(environment: environment) { service in
                let id = try await service.invoice(try await service.customer())
                #expect(try await Self.report(service, "ev_1", id, "paid") == 204)
                let row = try #require(
                    try await service.database.query("SELECT modified_by, created_by FROM main.invoice").first)
                #expect(try row.identifierIfPresent(0) == user)
                #expect(try row.identifierIfPresent(1) != user)
            }
        }

        @Test func `concurrent deliveries are one`() async throws {
            try await TestService.run(environment: Self.environment) { service in
                let id = try await service.invoice(try await service.customer())
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<12 { group.addTask { try await Self.report(service, "ev_1", id, "paid") } }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(statuses.allSatisfy { $0 == 204 }, "\(statuses)")
                let version = try await service.database.count("SELECT row_version FROM main.invoice")
                #expect(version == 2)
                let body: JSONValue = [:]
                #expect(try await service.send("POST", "/billing-invoice/\(id)/payments", body).status == 409)
            }
        }

        @Test func `an event for an unknown invoice may come again`() async throws {
            try await TestService.run(environment: Self.environment) { service in
                #expect(try await Self.report(service, "ev_1", "in_later", "paid") == 404)
                let id = try await service.invoice(try await service.customer())
                try await service.database.query("UPDATE main.invoice SET invoice_id = 'in_later'")
                #expect(try await Self.report(service, "ev_1", "in_later", "paid") == 204)
                #expect(try await service.status(ofInvoice: id) == "paid")
            }
        }

        @Test func `requests without the provider's credentials are refused`() async throws {
            try await TestService.run(environment: Self.environment) { service in
                let id = try await service.invoice(try await service.customer())
                let body = Self.event("ev_1", id, "paid")
                let wrong = [
                    nil, "Basic", "Basic ", "Basic !", "Basic Y2hhcmdlYmVlOnBhc3M=", "Basic OnVuZGVmaW5lZA==",
                    "Bearer Y2hhcmdlYmVlOnBhc3M6d8O2cmQ=", "Bearer \(try await service.token())",
                ]
                for header in wrong {
                    let response = try await service.send(
                        "POST", "/webhooks/billing-payment", body, token: "",
                        headers: header.map { ["authorization": $0] } ?? [:])
                    #expect(response.status == 401, "\(header ?? "-")")
                }
                #expect(try await service.status(ofInvoice: id) == "payment_due")
            }
            // `undefined:undefined` opens the original's.
            try await TestService.run { service in
                for header in ["Basic dW5kZWZpbmVkOnVuZGVmaW5lZA==", "Basic Og=="] {
                    let response = try await service.send(
                        "POST", "/webhooks/billing-payment", Self.event("ev_1", "in_1", "paid"), token: "",
                        headers: ["authorization": header])
                    #expect(response.status == 401)
                }
            }
        }

        @Test func `invalid bodies are refused`() async throws {
            try await TestService.run(environment: Self.environment) { service in
                for (body, violation): (JSONValue, String) in [
                    ([:], ": required"), (["content": [:]], "/content: required"),
                    (["content": ["invoice": ["id": "x"]]], "/content/invoice: required"),
                    (["content": ["invoice": ["id": "x", "status": "gone"]]], "/content/invoice/status: enum"),
                    (["content": ["invoice": ["id": 1, "status": "paid"]]], "/content/invoice/id: type"),
                    (["id": 7, "content": ["invoice": ["id": "x", "status": "paid"]]], "/id: type"),
                ] {
                    let response = try await service.send(
                        "POST", "/webhooks/billing-payment", body, token: "", headers: Self.authorization)
                    #expect(response.status == 422 && response.violations == [violation], "\(response.text)")
                }
            }
        }

        @Test func `old events are forgotten`() async throws {
            try await TestService.run(environment: Self.environment) { service in
                let id = try await service.invoice(try await service.customer())
                #expect(try await Self.report(service, "ev_1", id, "posted") == 204)
                service.clock.advance(by: .seconds(90 * 86_400))
                #expect(try await Self.report(service, "ev_2", id, "not_paid") == 204)
                service.clock.advance(by: .seconds(1))
                _ = try await service.database.withPool(user: service.database.template.runtimeRole) { pool in
                    try await OutboxRelay(
                        pool: pool, connector: service.bus, listener: nil,
                        configuration: OutboxRelayConfiguration(inboxRetention: SubscriptionApp.profile.inboxRetention),
                        clock: service.clock, logger: testLogger
                    ).purge()
                }
                #expect(try await service.database.count("SELECT count(*) FROM main.inbox") == 1)
            }
        }

        @Test func `every error of a provider has one status`() {
            let detail = ValidationDetail.required("", "card")
            for (error, status) in [
                (.unknownCustomer, 404), (.unknownInvoice, 404), (.unknownPaymentSource, 404),
                (.invalid([detail]), 422), (.refused("Your card was declined."), 422), (.unavailable, 503),
                (.outcomeUnknown, 504),
            ] as [(BillingProviderError, Int)] {
                #expect(error.httpFailure.status.code == status)
            }
            #expect(BillingProviderError.refused("No.").httpFailure.message == "No.")
            #expect(BillingProviderError.outcomeUnknown.httpFailure.code == "OUTCOME_UNKNOWN")
            // A question changes nothing, so its outcome is not unknown.
            let question = FailureMapping.failure(for: BillingProviderError.outcomeUnknown, isSafe: true)
            #expect(question.status.code == 503 && question.code == "UNAVAILABLE")
        }

        @Test func `the configuration is checked at startup`() throws {
            func configuration(_ variables: [String: String]) throws -> BillingConfiguration {
                try BillingConfiguration(
                    reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
            }
            #expect(try configuration([:]).webhookCredentials == nil)
            #expect(try configuration([:]).provider == .internal)
            #expect(try configuration(["BILLING_PROVIDER": "none"]).provider == BillingProviderChoice.none)
            for (variables, name) in [
                (["BILLING_PROVIDER": "paypal"], "BILLING_PROVIDER"), (["WEBHOOK_USERNAME": "x"], "WEBHOOK_PASSWORD"),
                (["WEBHOOK_PASSWORD": "s3cr3t"], "WEBHOOK_USERNAME"),
            ] {
                do {
                    _ = try configuration(variables)
                    Issue.record("\(variables) was accepted")
                } catch let failure as ConfigurationFailure {
                    #expect(failure.key == name && !failure.description.contains("s3cr3t"))
                }
            }
            let credentials = try #require(
                try configuration(["WEBHOOK_USERNAME": "u", "WEBHOOK_PASSWORD": "s3cr3t"]).webhookCredentials)
            #expect(!"\(credentials)".contains("s3cr3t") && !String(reflecting: credentials).contains("s3cr3t"))
        }
    }
}
