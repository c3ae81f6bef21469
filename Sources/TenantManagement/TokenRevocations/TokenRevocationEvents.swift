import Entities
import MessageBus

/// The event by which other services learn of revocations.
enum TokenRevocationEvents {
    /// Published by a trigger of `main.token_revocations`, whoever makes the change.
    static let revoked = EventDescription(
        EventType.tokensRevoked, "A token, or all tokens of a user that were issued before an instant, are refused.",
        [
            .init("revocationId", .string(format: .uuid), required: true),
            .init("kind", .string(oneOf: TokenRevocation.Kind.allCases.map(\.rawValue)), required: true),
            .init("value", .string(maxLength: 255).described("The claim jti, or the user's id"), required: true),
            .init("tenantId", .string(format: .uuid).described("Only tokens of this tenant; absent: of everybody")),
            .init("issuedBefore", .string(format: .dateTime).described("Of a user")),
            .init("expiresOn", .string(format: .dateTime).described("When the last of the tokens has expired")),
        ])
}
