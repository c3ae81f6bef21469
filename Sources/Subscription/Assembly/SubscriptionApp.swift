package import ServicePlatform

/// The subscription service (`arc serve subscription`, port 3002).
package enum SubscriptionApp: ServiceApp {
    package static let features: [any ServiceFeature<SubscriptionCore>.Type] = [
        CatalogFeature.self,
        AddOnFeature.self,
        SubscriptionFeature.self,
        BillingFeature.self,
        InvoiceFeature.self,
        CollectionFeature.self,
        RefundFeature.self,
        InvoiceDocumentFeature.self,
        BillingPreviewFeature.self,
        UsageFeature.self,
        RenewalFeature.self,
        RepricingFeature.self,
        TestClockFeature.self,
        EntitlementFeature.self,
        UsageAlertFeature.self,
        EntitlementTokenFeature.self,
        ReportFeature.self,
        PrepaidCreditFeature.self,
        CommonEntitiesFeature<SubscriptionCore>.self,
        KnownTenantFeature.self,
        CredentialFeature.self,
        KnownRoleFeature.self,
        ErasureFeature.self,
        ExportFeature.self,
        EventOperationsFeature<SubscriptionCore>.self,
        AuditLogFeature<SubscriptionCore>.self,
        SessionFeature<SubscriptionCore>.self,
    ]

    package static let profile = ServicePlatform.Profile(
        serviceName: "Subscription Service",
        summary: "Plans, prices, billing cycles, and the subscriptions and invoices of tenants.",
        defaultPort: 3002, redisDatabase: 1,
        // Billing providers deliver their events again for days.
        inboxRetention: .seconds(90 * 86_400))
}
