import Entities
import JSONCoding
import ServiceKit

/// A role as `/roles` shows it. What it allows is known to ``ServiceKit/RoleCatalog``.
enum StoredRole {
    /// Where a role is from.
    enum Source: String, FieldValue, CaseIterable {
        /// Part of the release.
        case builtIn
        /// `ROLES_FILE`.
        case file
        /// This API.
        case own
    }

    /// Whose tokens, API keys and sessions it counts for.
    enum Audience: String, FieldValue, CaseIterable {
        case `operator`
        case tenant
    }

    static let name = Field.string(
        "name", maxLength: Role.maximumNameLength,
        pattern: Pattern(regex: Role.namePattern, matches: Role.isName), required: true,
        description: "What the claim `role` of tokens says, exactly. Unique, regardless of case", example: "Auditor")
    static let description = Field.string(
        "description", maxLength: Role.maximumDescriptionLength, nullable: true, example: "Reads invoices")
    static let audience = Field<Audience>.string(
        "audience", required: true,
        description: "Whom it counts for: operators (and services), or the users of a tenant. It gives others nothing")
    static let permissions = Field.strings(
        "permissions", items: .string(maxLength: 50).example("10207"), uniqueItems: true, maxItems: 300, required: true,
        description: "Permission codes; only those that the caller has", example: ["10207", "10215"])
    static let source = Field<Source>.string(
        "source", access: .readOnly,
        description: "builtIn (part of the release), file (ROLES_FILE) or own. Only own roles can be changed")

    static let entity = Entity(
        "Role", table: "roles", description: "A set of permissions, which tokens refer to by its name.",
        tenancy: .operatorOnly, fields: [name, description, audience, permissions, source],
        uniqueKeys: [UniqueKey("idx_roles_name", name)],
        alwaysSet: [
            name, audience, permissions, source, AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
