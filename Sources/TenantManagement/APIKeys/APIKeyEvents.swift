import Entities
import MessageBus

/// The event by which other services learn of API keys.
enum APIKeyEvents {
    private static let hash = Schema.string(maxLength: 64)

    /// Published by a trigger of `main.api_keys`, whoever makes the change.
    static let changed = EventDescription(
        EventType.apiKeyChanged,
        "An API key was added, rotated or deleted. The highest version counts. Hashes are under a key that only the services have.",
        [
            .init("keyId", .string(format: .uuid), required: true),
            .init("tenantId", .string(format: .uuid).described("Absent for a key of the operator")),
            .init("permissions", .array(of: .string()), required: true),
            .init("roles", .array(of: .string()), required: true),
            .init("hash", hash.described("HMAC-SHA256 of the key, 64 hexadecimal digits"), required: true),
            .init("expiresOn", .string(format: .dateTime), required: true),
            .init("previousHash", hash.described("Of the key before the last rotation")),
            .init("previousExpiresOn", .string(format: .dateTime).described("Until when that one is accepted")),
            .init("isDeleted", .boolean, required: true),
            .init("version", .integer(minimum: 1), required: true),
        ])
}
