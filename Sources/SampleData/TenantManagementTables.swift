import Billing
import Primitives

/// The sample rows of tenant management.
struct TenantManagementTables: SampleTables {
    static let names = [
        "addresses", "leads", "tenants", "tenant_domains", "contacts", "resources", "invoices", "provisionings",
    ]

    private let size: SampleSize
    private var addresses = CopyText(
        "addresses", ["id", "address", "city", "state", "zip", "country", "created_on", "modified_on"])
    private var leads = CopyText(
        "leads",
        ["id", "first_name", "last_name", "email", "is_validated", "company_name", "created_on", "modified_on"])
    private var tenants = CopyText(
        "tenants",
        ["id", "name", "status", "key", "lead_id", "domains", "address_id", "created_on", "modified_on"])
    private var domains = CopyText("tenant_domains", ["tenant_id", "domain", "proven_by", "proven_on", "created_on"])
    private var contacts = CopyText(
        "contacts",
        [
            "id", "first_name", "last_name", "email", "contact_type", "is_primary", "tenant_id", "created_on",
            "modified_on",
        ])
    private var resources = CopyText(
        "resources",
        ["id", "type", "metadata", "external_identifier", "tenant_id", "created_on", "modified_on"])
    private var invoices = CopyText(
        "invoices",
        [
            "id", "start_date", "end_date", "due_date", "amount", "currency_code", "status", "tenant_id", "created_on",
            "modified_on",
        ])
    private var provisionings = CopyText(
        "provisionings",
        [
            "id", "tenant_id", "subscription_id", "status", "requested_on", "expires_on", "completed_on", "state",
            "tier",
            "reason", "started_on", "ended_on",
        ])

    init(_ size: SampleSize) { self.size = size }

    var texts: [CopyText] {
        [addresses, leads, tenants, domains, contacts, resources, invoices, provisionings]
    }

    mutating func removeAll() {
        addresses.removeAll()
        leads.removeAll()
        tenants.removeAll()
        domains.removeAll()
        contacts.removeAll()
        resources.removeAll()
        invoices.removeAll()
        provisionings.removeAll()
    }

    mutating func add(tenant number: Int) throws(BillingError) {
        var tenant = try SampleTenant(number, of: size)
        let created = CopyValue.instant(tenant.createdOn)
        let id = CopyValue.identifier(tenant.id)
        let address = tenant.address
        addresses.add([
            .identifier(address.id), .text(address.street), .text(address.city), .text(address.state),
            .text(address.zip), .text(address.country), created, created,
        ])
        if let lead = tenant.lead {
            leads.add([
                .identifier(lead.id), .text(lead.person.firstName), .text(lead.person.lastName),
                .text(lead.person.email), .bool(true), .text(tenant.name), created, created,
            ])
        }
        tenants.add([
            id, .text(tenant.name), .int(tenant.status.rawValue), .text(tenant.key),
            .identifier(ifPresent: tenant.lead?.id), .text("{\(tenant.domain)}"), .identifier(address.id), created,
            created,
        ])
        domains.add([
            id, .text(tenant.domain), .text(tenant.lead == nil ? "operator" : "email"), created, created,
        ])
        for (index, contact) in tenant.contacts.enumerated() {
            contacts.add([
                .identifier(contact.id), .text(contact.person.firstName), .text(contact.person.lastName),
                .text(contact.person.email), .text(index == 0 ? "admin" : "billing"), .bool(index == 0), id, created,
                created,
            ])
        }
        addProvisioning(&tenant)
        try addInvoices(&tenant)
    }

    private mutating func addProvisioning(_ tenant: inout SampleTenant) {
        guard tenant.status != .pendingProvision else { return }
        let hasFailed = tenant.status == .provisionFailed
        let requested = tenant.createdOn.adding(.seconds(1))
        let ended = requested.adding(.milliseconds(2000 + tenant.random.below(60_000)))
        let subscription = tenant.subscriptions.last
        provisionings.add([
            .identifier(tenant.random.identifier(at: requested)), .identifier(tenant.id),
            subscription.map { .text($0.id.description) } ?? .null, .int(hasFailed ? 2 : 1), .instant(requested),
            .instant(requested.adding(.seconds(86_400))), .instant(ended), .text(hasFailed ? "FAILED" : "SUCCEEDED"),
            .text(tenant.tier), hasFailed ? .text("The pipeline has reported a failure") : .null,
            .instant(requested), .instant(ended),
        ])
        guard !hasFailed else { return }
        for type in ["application", "bucket"].prefix(1 + tenant.random.below(2)) {
            resources.add([
                .identifier(tenant.random.identifier(at: ended)), .text(type),
                .text(#"{"region": "eu-central-1", "tier": "\#(tenant.tier)"}"#), .text("\(type)-\(tenant.key)"),
                .identifier(tenant.id), .instant(ended), .instant(ended),
            ])
        }
    }

    /// One for each subscription: those of ended months are paid, mostly.
    private mutating func addInvoices(_ tenant: inout SampleTenant) throws(BillingError) {
        for (index, subscription) in tenant.subscriptions.enumerated() {
            let start = subscription.start
            let (end, due) = (try start.adding(days: 30), try start.adding(days: 14))
            let isPaid = index > 0 ? !tenant.random.happens(inPercent: 5) : tenant.random.happens(inPercent: 40)
            let status = isPaid ? 1 : tenant.random.happens(inPercent: 10) ? 2 : 0
            invoices.add([
                .identifier(tenant.random.identifier(at: subscription.createdOn)), .instant(start.startOfDay),
                .instant(end.startOfDay), .instant(due.startOfDay),
                .text("\(10 + tenant.random.below(990)).\(10 + tenant.random.below(90))"), .text("EUR"), .int(status),
                .identifier(tenant.id), .instant(subscription.createdOn), .instant(subscription.createdOn),
            ])
        }
    }
}
