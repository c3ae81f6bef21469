import Entities
import JSONCoding
import Primitives

/// What a client wants to subscribe to: the body of `POST /subscriptions`.
struct NewSubscription: Sendable, Hashable {
    let subscriber: Identifier
    let plan: Identifier
    /// An invoice that exists already, by our id or the provider's; nil: one is to be drafted.
    let invoice: String?
    let status: TenantSubscription.Status

    /// Reads a body that has passed ``TenantSubscription/newSchema``.
    /// - Throws: ``ValidationFailure`` that names the member that is missing.
    init(_ body: JSONObject) throws(ValidationFailure) {
        guard let subscriber = body["subscriberId"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw .required("", "subscriberId")
        }
        guard let plan = body["planId"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw .required("", "planId")
        }
        guard let status = body["status"]?.intValue.flatMap({ TenantSubscription.Status(rawValue: $0) }) else {
            throw .required("", "status")
        }
        self.subscriber = subscriber
        self.plan = plan
        self.status = status
        invoice = body["invoiceId"]?.stringValue
    }
}
