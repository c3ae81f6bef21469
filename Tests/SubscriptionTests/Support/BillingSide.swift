import Configuration
import Entities
import JSONCoding
import Logging
import OutboundHTTP
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization

@testable import Subscription

/// The other side of the billing port, for tests that hold for every provider.
protocol BillingSide: Sendable {
    /// - Parameter invoices: Of the test's database.
    func provider(_ invoices: InvoiceRepository) throws -> any BillingProvider
    /// By whom payments can be made.
    var context: WriteContext { get }
    /// What `fail` can be told, with what the port says of it.
    var failures: [BillingProviderError] { get }
    /// Lets every change fail, or none.
    func fail(_ failure: BillingProviderError?)
    /// The next charge is made, and its answer is lost.
    func loseCharge()
    /// The answer to what was lost can be read.
    func answerAgain()
    /// How often money was asked for.
    var charges: Int { get }
    func decline(_ isDeclined: Bool)
    /// Happens after a payment was made, or while a payment source is being deleted.
    func meanwhile(_ body: (@Sendable () async throws -> Void)?)
    /// The options of a new payment source.
    func options(_ number: Int) -> JSONValue
}

/// A provider that follows a script.
struct ScriptedSide: BillingSide {
    let outside = OutsideBilling()

    func provider(_ invoices: InvoiceRepository) -> any BillingProvider { outside }
    let context = WriteContext(
        scope: .tenant(TestService.tenantA, actor: Actor(id: Identifier.v4().description)), now: SystemClock().now())
    let failures: [BillingProviderError] = [.refused("Your card was declined."), .unavailable, .outcomeUnknown]
    func fail(_ failure: BillingProviderError?) { outside.state.withLock { $0.failure = failure } }
    func loseCharge() { fail(.outcomeUnknown) }
    func answerAgain() { fail(nil) }
    var charges: Int { outside.state.withLock { $0.charged.count } }
    func decline(_ isDeclined: Bool) {
        outside.state.withLock {
            $0.result =
                isDeclined
                ? PaymentResult(status: .failure, invoiceStatus: .notPaid, errorCode: "card_declined")
                : PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: "ch_2")
        }
    }
    func meanwhile(_ body: (@Sendable () async throws -> Void)?) { outside.state.withLock { $0.meanwhile = body } }
    func options(_ number: Int) -> JSONValue {
        outside.state.withLock { $0.source = "pm_\(number)" }
        return [:]
    }
}

/// Chargebee.
struct ChargebeeSide: BillingSide {
    let standIn: ChargebeeStandIn
    let url: String
    let http = OutboundHTTPClient(userAgent: "test", addresses: .publicAndPrivate)

    func provider(_ invoices: InvoiceRepository) throws -> any BillingProvider {
        ChargebeeBilling(client: try client(), invoices: invoices)
    }

    func client() throws -> ChargebeeClient {
        ChargebeeClient(
            http: http,
            configuration: try ChargebeeConfiguration(
                reader: .init(
                    provider: EnvironmentVariablesProvider(environmentVariables: ChargebeeStandIn.environment(url)))),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    let context = WriteContext(
        scope: .operatorScope(actor: Actor(id: Identifier.v4().description)), now: SystemClock().now())
    let failures: [BillingProviderError] = [
        .refused("The billing provider does not accept this."), .unavailable, .outcomeUnknown,
    ]

    func fail(_ failure: BillingProviderError?) {
        let body: JSONObject = [
            "type": "invalid_request", "api_error_code": "configuration_incompatible",
            "message": "A secret of Chargebee's",
        ]
        let fault: ChargebeeStandIn.Fault? =
            switch failure {
            case .refused: .answer(400, body)
            case .unavailable: .answer(429, body)
            case .outcomeUnknown: .answer(503, body)
            default: nil
            }
        standIn.state.withLock { $0.always = fault }
    }
    func loseCharge() { standIn.fail(ChargebeeBilling.creation, .lost) }
    func answerAgain() {}
    var charges: Int { standIn.state.withLock { $0.site.attempts } }
    func decline(_ isDeclined: Bool) { standIn.state.withLock { $0.site.declinesAll = isDeclined } }
    func meanwhile(_ body: (@Sendable () async throws -> Void)?) {
        standIn.state.withLock { state in
            state.meanwhile = body.map { (["/delete", "/record_payment"], $0) }
        }
    }
    func options(_ number: Int) -> JSONValue { ["token": .string("tok_visa-\(number)")] }
}
