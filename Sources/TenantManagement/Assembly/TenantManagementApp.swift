package import ServicePlatform

/// Tenant management (`arc serve tenant-management`, port 3005).
package enum TenantManagementApp: ServiceApp {
    package static let features: [any ServiceFeature<TenantManagementCore>.Type] = [
        LeadFeature.self,
        TenantOnboardingFeature.self,
        TenantFeature.self,
        SuspensionFeature.self,
        DomainFeature.self,
        ProvisioningFeature.self,
        TenantMoveFeature.self,
        OffboardingFeature.self,
        ErasureFeature.self,
        ExportFeature.self,
        FirstUserFeature.self,
        InvoiceFeature.self,
        TenantConfigFeature.self,
        WebhookFeature.self,
        APIKeyFeature.self,
        TokenRevocationFeature.self,
        CommonEntitiesFeature<TenantManagementCore>.self,
        RoleFeature.self,
        NotificationFeature.self,
        EventOperationsFeature<TenantManagementCore>.self,
        AuditLogFeature<TenantManagementCore>.self,
        LoginFeature.self,
    ]

    package static let profile = ServicePlatform.Profile(
        serviceName: "Tenant Management Service",
        summary:
            "Leads, tenants, contacts, provisioning and its callback: the control plane's customer records.",
        defaultPort: 3005, inboxRetention: .seconds(30 * 86_400), hasAttempts: true)
}
