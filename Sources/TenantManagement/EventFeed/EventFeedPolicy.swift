import ServiceKit

/// Who may read the feed of events: operators all of it, and a tenant's own users what is for them.
enum EventFeedPolicy {
    private typealias Code = PermissionCatalog

    static let read: Access = .owners(Code.viewWebhook)
}
