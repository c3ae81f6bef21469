import ServiceKit

/// Who may reprice existing subscribers, and see the effect: operators.
enum RepricingPolicy {
    private typealias Code = PermissionCatalog

    static let view: Access = .operators(Code.viewSubscription)
    static let start: Access = .operators(Code.updateSubscription)

    static let access = CRUDAccess(create: start, view: view, update: start, delete: start)
}
