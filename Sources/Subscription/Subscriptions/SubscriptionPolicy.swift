import Entities
import JSONCoding
import Primitives
import ServiceKit

/// Who may do what with subscriptions: a tenant's own users subscribe, which drafts an invoice and activates nothing. Operators decide
/// what is provided for it.
enum SubscriptionPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .owners(Code.createSubscription), view: .owners(Code.viewSubscription),
        update: .operators(Code.updateSubscription),
        delete: .operators(Code.deleteSubscription))

    /// Checks the members of a new subscription that are not the customer's to choose.
    /// - Throws: ``SubscriptionError``.
    static func check(_ new: NewSubscription, in scope: TenantScope) throws(SubscriptionError) {
        guard let own = scope.tenantID else { return }
        guard own == new.subscriber else { throw .subscriberNotFound }
        // A subscription is not active before it is paid, and the customer does not decide which invoice pays for it.
        guard new.status == .pending else { throw .reservedToOperators(member: TenantSubscription.status.name) }
        guard new.invoice == nil else { throw .reservedToOperators(member: TenantSubscription.invoiceID.name) }
        guard new.collectionMethod == nil else { throw .reservedToOperators(member: "collectionMethod") }
        // How many they need, and by which calendar they live, is the customer's to say; what it costs, and when, is not.
        let ofCustomers: Set = ["quantity", "timeZone"]
        if let member = new.billing?.keys.first(where: { !ofCustomers.contains($0) }) {
            throw .reservedToOperators(member: member)
        }
    }
}
