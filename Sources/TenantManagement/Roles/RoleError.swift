import Entities

/// Why a role cannot be added, changed or deleted.
enum RoleError: Error, Sendable, Hashable {
    /// Built-in roles and those of `ROLES_FILE` are changed elsewhere.
    case readOnly(name: String, StoredRole.Source)
    /// A built-in role has this name, or it has another meaning in tokens.
    case nameTaken(String)
    /// The role would allow what its author may not do.
    case notHeld([ValidationDetail])
    /// API keys have the role under its name and for its audience, and would lose its permissions without a word.
    case inUse(keys: Int)
    /// There are as many own roles as there may be.
    case tooMany(limit: Int)
}
