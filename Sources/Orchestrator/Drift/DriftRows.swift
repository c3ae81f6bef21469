import PostgresClient
import Primitives

/// What should be on a server under one name.
struct ExpectedObjects: Sendable, Hashable {
    /// A place of the tenant.
    struct Place: Sendable, Hashable {
        /// Nil for a tenant of which only the password is known.
        let role: TenantPlacement.Role?
        let kind: TenantPlacement.Kind
        let database: String
        let isReserved: Bool
    }

    let name: String
    let tenant: Identifier
    var places: [Place]
    /// Whether a workflow of the tenant is in progress, which makes differences for a while.
    let isBusy: Bool

    var current: Place? { places.first { $0.role == .current } }
    var previous: Place? { places.first { $0.role == .previous } }
}

/// What is on a server under one name.
struct ActualObjects: Sendable, Hashable {
    let name: String
    var hasRole = false
    var canLogin = false
    /// The tenant that the role is marked with.
    var roleMark: String?
    var hasSchema = false
    var ownsSchema = false
    var hasDatabase = false
    var ownsDatabase = false
    var databaseMark: String?
    /// CONNECT on the shared database.
    var canConnect = false
    /// USAGE and CREATE on the schema.
    var canUseSchema = false
    /// CONNECT on the tenant's own database.
    var canEnterDatabase = false
}

/// Something with a name, in a list that is ordered by the bytes of the names.
protocol NamedObjects: Sendable {
    var name: String { get }
}

extension ExpectedObjects: NamedObjects {}
extension ActualObjects: NamedObjects {}

/// A list that is read page by page, in the order of the names.
struct NamePages<Element: NamedObjects> {
    private let page: (_ after: String) async throws -> (elements: [Element], isLast: Bool)
    private var buffer: ArraySlice<Element> = []
    private var after: String
    private var isLast = false

    init(
        after: String, _ page: @escaping (_ after: String) async throws -> (elements: [Element], isLast: Bool)
    ) {
        self.page = page
        self.after = after
    }

    /// The next element, which stays; nil at the end.
    mutating func peek() async throws -> Element? {
        while buffer.isEmpty, !isLast {
            let (elements, isLast) = try await page(after)
            buffer = elements[...]
            self.isLast = isLast
            if let last = elements.last { after = last.name }
        }
        return buffer.first
    }

    mutating func drop() { buffer = buffer.dropFirst() }
}
