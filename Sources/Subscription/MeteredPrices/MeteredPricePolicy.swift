import ServiceKit

/// Who may do what with metered prices: what may be done with their plans.
enum MeteredPricePolicy {
    static let access = PlanPolicy.access
}
