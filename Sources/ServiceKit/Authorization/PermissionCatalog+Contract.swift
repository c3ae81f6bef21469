/// The codes of the original by their names there (docs/contract/arc-api.md 3.4).
extension PermissionCatalog {
    // MARK: Leads

    package static let createLead = "10200"
    package static let updateLead = "10201"
    package static let deleteLead = "10202"
    package static let viewLead = "10203"

    // MARK: Tenants

    package static let createTenant = "10204"
    package static let updateTenant = "10205"
    package static let deleteTenant = "10206"
    package static let viewTenant = "10207"
    package static let provisionTenant = "10216"

    // MARK: Contacts

    package static let createContact = "10208"
    package static let updateContact = "10209"
    package static let deleteContact = "10210"
    package static let viewContact = "10211"

    // MARK: Invoices of tenant management

    package static let createInvoice = "10212"
    package static let updateInvoice = "10213"
    package static let deleteInvoice = "10214"
    package static let viewInvoice = "10215"

    // MARK: Tenant configurations

    package static let createTenantConfig = "10220"
    package static let viewTenantConfig = "10221"
    package static let updateTenantConfig = "10222"
    package static let deleteTenantConfig = "10223"

    // MARK: Subscriptions

    package static let createSubscription = "7001"
    package static let updateSubscription = "7002"
    package static let deleteSubscription = "7003"
    package static let viewSubscription = "7004"

    // MARK: Plans

    package static let createPlan = "7005"
    package static let updatePlan = "7006"
    package static let deletePlan = "7007"
    package static let viewPlan = "7008"
    package static let viewPlanSizes = "7029"
    package static let createPlanSizes = "7030"
    package static let updatePlanSizes = "7031"
    package static let deletePlanSizes = "7032"
    package static let viewPlanFeatures = "7033"
    package static let addPlanFeatures = "7034"
    package static let updatePlanFeatures = "7035"

    // MARK: Resources, services, billing cycles and currencies

    package static let createResource = "7013"
    package static let updateResource = "7014"
    package static let deleteResource = "7015"
    package static let viewResource = "7016"
    package static let createService = "7017"
    package static let updateService = "7018"
    package static let deleteService = "7019"
    package static let viewService = "7020"
    package static let createBillingCycle = "7021"
    package static let updateBillingCycle = "7022"
    package static let deleteBillingCycle = "7023"
    package static let viewBillingCycle = "7024"
    package static let createCurrency = "7025"
    package static let updateCurrency = "7026"
    package static let deleteCurrency = "7027"
    package static let viewCurrency = "7028"

    // MARK: Billing

    package static let createBillingCustomer = "5321"
    package static let createBillingPaymentSource = "5322"
    package static let createBillingInvoice = "5323"
    package static let getBillingCustomer = "5324"
    package static let getBillingPaymentSource = "5325"
    package static let getBillingInvoice = "5326"
    package static let updateBillingCustomer = "5327"
    package static let updateBillingPaymentSource = "5328"
    package static let updateBillingInvoice = "5329"
    package static let deleteBillingCustomer = "5331"
    package static let deleteBillingPaymentSource = "5332"
    package static let deleteBillingInvoice = "5333"

    // MARK: Notifications, which are not part of this product

    package static let createNotification = "2"
    package static let viewNotificationTemplate = "8000"
    package static let createNotificationTemplate = "8001"
    package static let updateNotificationTemplate = "8002"
    package static let deleteNotificationTemplate = "8003"

    // MARK: Features, each by a name or by a number

    package static let viewFeature = ["ViewFeature", "1"]
    package static let createFeature = ["CreateFeature", "2"]
    package static let updateFeature = ["UpdateFeature", "3"]
    package static let deleteFeature = ["DeleteFeature", "4"]
    package static let viewStrategy = ["ViewStrategy", "5"]
    package static let createStrategy = ["CreateStrategy", "6"]
    package static let updateStrategy = ["UpdateStrategy", "7"]
    package static let deleteStrategy = ["DeleteStrategy", "8"]
    package static let viewFeatureValues = ["ViewFeatureValues", "9"]
    package static let createFeatureValues = ["CreateFeatureValues", "10"]
    package static let updateFeatureValues = ["UpdateFeatureValues", "11"]
    package static let deleteFeatureValues = ["DeleteFeatureValues", "12"]
}
