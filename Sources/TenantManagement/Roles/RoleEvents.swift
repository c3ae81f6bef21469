import Entities
import MessageBus

/// The event by which other services learn of roles.
enum RoleEvents {
    /// Published by a trigger of `main.roles`, whoever makes the change.
    static let changed = EventDescription(
        EventType.roleChanged, "A role was added, changed or deleted. The highest version counts.",
        [
            .init("roleId", .string(format: .uuid), required: true),
            .init("name", .string(), required: true),
            .init("audience", .string(oneOf: StoredRole.Audience.allCases.map(\.rawValue)), required: true),
            .init("permissions", .array(of: .string()), required: true),
            .init("isDeleted", .boolean, required: true),
            .init("version", .integer().described("Grows with every change of the role"), required: true),
        ])
}
