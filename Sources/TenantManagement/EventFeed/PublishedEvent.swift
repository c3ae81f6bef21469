import JSONCoding
import MessageBus
import Primitives

/// A type of event that may leave the system: what receivers of webhooks and readers of the feed get of it.
///
/// `data` is made of the members that are listed here and of nothing else, so that what an internal event contains besides
/// (secrets, sealed texts, addresses of people) cannot leave. docs/webhooks.md has the table.
struct PublishedEvent: Sendable {
    /// The name on the bus, and `type` for receivers.
    let type: String
    /// Whether a tenant's own users get it; the others are for operators only.
    let isShownToTenants: Bool
    /// The members of `data` in addition to `tenantId`.
    let members: [Member]

    /// A member of `data`, copied from a place in the event if there is a text, number or Boolean.
    struct Member: Sendable {
        let name: String
        let path: [String]

        init(_ name: String, from path: String...) {
            self.name = name
            self.path = path.isEmpty ? [name] : path
        }
    }

    init(_ type: String, shownToTenants: Bool, _ members: Member...) {
        self.init(type, shownToTenants: shownToTenants, members)
    }

    init(_ type: String, shownToTenants: Bool, _ members: [Member]) {
        self.type = type
        isShownToTenants = shownToTenants
        self.members = members
    }

    /// Longest text that is copied, in bytes of UTF-8; a longer one is left out.
    static let maximumTextLength = 1000

    /// What receivers get of an event of this type, as JSON text.
    func data(of event: EventEnvelope) -> [UInt8] {
        let content = (try? JSONValue.parse(stored: event.data)) ?? .null
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.memberIfPresent("tenantId", event.tenantID)
        for member in members {
            guard let value = Self.scalar(member.path.reduce(content) { $0[$1] ?? .null }) else { continue }
            writer.key(member.name)
            writer.value(value)
        }
        writer.endObject()
        return writer.bytes
    }

    /// The value, unless it is a longer text or something else. (`nil` alone would be the JSON value `null`.)
    private static func scalar(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .string(let text) where text.utf8.count > maximumTextLength: return Optional.none
        case .string, .number, .bool: return value
        default: return Optional.none
        }
    }
}
