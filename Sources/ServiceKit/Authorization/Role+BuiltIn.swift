/// The built-in roles. They cannot be changed; own roles can have any other set.
extension Role {
    package static let builtIn = [superAdmin, operations, support, billing, marketplace, tenantAdmin, tenantViewer]

    private typealias Code = PermissionCatalog

    // MARK: Operators

    /// Everything, also what later releases add.
    private static let superAdmin = Role(
        "SuperAdmin", .operator, permissions: Set(Code.all), description: "Everything, also what later releases add")

    /// The daily work with tenants and what they have. Not: who may do what, erasing, deleting, and secrets of others.
    private static let operations = Role(
        "Operator", .operator,
        permissions: viewing.union(
            [
                Code.createLead, Code.updateLead,
                Code.createTenant, Code.updateTenant, Code.provisionTenant,
                Code.createContact, Code.updateContact, Code.deleteContact,
                Code.createTenantConfig, Code.updateTenantConfig,
                Code.createInvoice, Code.updateInvoice,
                Code.createSubscription, Code.updateSubscription,
                Code.createBillingCustomer, Code.updateBillingCustomer, Code.createBillingPaymentSource,
                Code.createBillingInvoice, Code.updateBillingInvoice,
                Code.operateProvisioning, Code.suspendTenant, Code.offboardTenant, Code.exportTenant, Code.moveTenant,
                Code.replayEvents, Code.retryEvents,
                Code.createWebhook, Code.updateWebhook, Code.deleteWebhook,
            ]), description: "The daily work with tenants, without deleting, erasing, roles and secrets")

    /// Looks at everything and changes nothing but contacts.
    private static let support = Role(
        "Support", .operator, permissions: viewing.union([Code.createContact, Code.updateContact]),
        description: "Sees everything but secrets; changes contacts only")

    /// Invoices, payments and prices.
    private static let billing = Role(
        "Billing", .operator,
        permissions: [
            Code.viewTenant, Code.viewContact,
            Code.createInvoice, Code.updateInvoice, Code.deleteInvoice, Code.viewInvoice,
            Code.viewSubscription, Code.updateSubscription,
            Code.createBillingCustomer, Code.getBillingCustomer, Code.updateBillingCustomer, Code.deleteBillingCustomer,
            Code.createBillingPaymentSource, Code.getBillingPaymentSource, Code.updateBillingPaymentSource,
            Code.deleteBillingPaymentSource,
            Code.createBillingInvoice, Code.getBillingInvoice, Code.updateBillingInvoice, Code.deleteBillingInvoice,
            Code.createPlan, Code.updatePlan, Code.viewPlan, Code.viewPlanSizes, Code.viewPlanFeatures,
            Code.createCurrency, Code.updateCurrency, Code.viewCurrency,
            Code.createBillingCycle, Code.updateBillingCycle, Code.viewBillingCycle,
            Code.viewResource, Code.viewService,
            Code.createMeter, Code.updateMeter, Code.deleteMeter, Code.viewMeter, Code.viewUsage,
            Code.viewEntitlements,
        ], description: "Plans, prices, subscriptions, invoices and payments")

    /// A program that registers customers of a marketplace: it makes tenants and their subscriptions.
    private static let marketplace = Role(
        "Marketplace", .operator,
        permissions: [
            Code.createLead, Code.viewLead,
            Code.createTenant, Code.updateTenant, Code.viewTenant, Code.provisionTenant, Code.viewProvisioning,
            Code.createContact, Code.viewContact, Code.createTenantConfig, Code.viewTenantConfig,
            Code.createSubscription, Code.updateSubscription, Code.viewSubscription,
            Code.createBillingCustomer, Code.getBillingCustomer, Code.createBillingInvoice, Code.getBillingInvoice,
            Code.viewPlan, Code.viewPlanSizes, Code.viewPlanFeatures, Code.viewCurrency, Code.viewBillingCycle,
        ], description: "A program that registers tenants and their subscriptions")

    /// What operators may see, without secrets.
    private static let viewing: Set<String> = Set([
        Code.viewLead, Code.viewTenant, Code.viewContact, Code.viewInvoice, Code.viewTenantConfig,
        Code.viewSubscription, Code.getBillingCustomer, Code.getBillingPaymentSource, Code.getBillingInvoice,
        Code.viewEvents, Code.viewProvisioning, Code.viewWebhook, Code.viewRoles, Code.viewAuditLog, Code.viewMetrics,
        Code.viewStatistics, Code.viewUsage, Code.viewEntitlements,
    ]).union(catalog)

    // MARK: Users of tenants

    /// All that the policy lets a tenant's own users do (docs/authorization.md).
    private static let tenantAdmin = Role(
        "TenantAdmin", .tenant,
        permissions: tenantViewing.union([
            Code.updateTenant, Code.createContact, Code.updateContact, Code.deleteContact,
            Code.createSubscription, Code.createBillingCustomer, Code.updateBillingCustomer,
            Code.createBillingPaymentSource, Code.deleteBillingPaymentSource, Code.createBillingInvoice,
            Code.createWebhook, Code.updateWebhook, Code.deleteWebhook, Code.viewWebhookSecret, Code.viewAuditLog,
            Code.issueEntitlementToken,
            Code.createAPIKey, Code.viewAPIKey, Code.updateAPIKey, Code.deleteAPIKey, Code.revokeTokens,
        ]), description: "All that a tenant's own users may do")

    /// Looks at what the tenant has.
    private static let tenantViewer = Role(
        "TenantViewer", .tenant, permissions: tenantViewing, description: "Sees what the tenant has")

    private static let tenantViewing: Set<String> = Set([
        Code.viewTenant, Code.viewContact, Code.viewInvoice, Code.viewTenantConfig, Code.viewSubscription,
        Code.getBillingCustomer, Code.getBillingPaymentSource, Code.getBillingInvoice, Code.viewProvisioning,
        Code.viewWebhook, Code.viewUsage, Code.viewEntitlements,
    ]).union(catalog)

    /// What is offered, which everybody may see.
    private static let catalog = Set(
        [
            Code.viewPlan, Code.viewPlanSizes, Code.viewPlanFeatures, Code.viewCurrency, Code.viewBillingCycle,
            Code.viewResource, Code.viewService, Code.viewMeter,
        ] + Code.viewFeature + Code.viewStrategy + Code.viewFeatureValues)
}
