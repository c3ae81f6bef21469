import JSONCoding
package import Primitives

/// A browser that an operator has logged in with.
package struct Session: Sendable, Hashable {
    /// Name for lists and logs; not a secret.
    package let id: Identifier
    /// Who logged in, as audit columns have it.
    package let userID: String
    /// Name or address of the user, for people.
    package let userName: String?
    /// Roles of the login. What they allow is looked up for each request, so that a change of a role counts at once.
    package let roles: [String]
    /// Permission codes of the login beside those of the roles.
    package let permissions: [String]
    /// What the browser calls itself, shortened.
    package let userAgent: String?
    /// The client's address at login.
    package let address: String
    package let startedAt: Timestamp
    /// When it ends, however often it is used.
    package let endsAt: Timestamp
    /// The time without a request after which it ends.
    package let idleLifetime: Duration
    /// The last use that was recorded, see ``SessionStore/recordingInterval(_:)``.
    package var lastSeenAt: Timestamp

    package init(
        id: Identifier, userID: String, userName: String?, roles: [String], permissions: [String], userAgent: String?,
        address: String, startedAt: Timestamp, lifetime: Duration, idleLifetime: Duration
    ) {
        self.id = id
        self.userID = userID
        self.userName = userName
        self.roles = roles
        self.permissions = permissions
        self.userAgent = userAgent
        self.address = address
        // Redis counts milliseconds.
        self.startedAt = startedAt.truncatedToMilliseconds
        endsAt = self.startedAt.adding(lifetime)
        self.idleLifetime = idleLifetime
        lastSeenAt = self.startedAt
    }

    /// When it ends without a further request.
    package var expiresAt: Timestamp { min(endsAt, lastSeenAt.adding(idleLifetime)) }

    /// Whether it can still be used.
    package func isActive(at now: Timestamp) -> Bool { now < expiresAt }
}

extension Session {
    /// What is sealed and stored: everything that does not change.
    var stored: [UInt8] {
        var object: JSONObject = [
            "id": .identifier(id), "userId": .string(userID), "roles": .array(roles.map { .string($0) }),
            "permissions": .array(permissions.map { .string($0) }), "address": .string(address),
            "startedAt": .integer(startedAt.milliseconds), "endsAt": .integer(endsAt.milliseconds),
            "idle": .integer(idleLifetime.milliseconds),
        ]
        if let userName { object["userName"] = .string(userName) }
        if let userAgent { object["userAgent"] = .string(userAgent) }
        return JSONValue.object(object).serialized()
    }

    /// Reads ``stored``; nil for anything else.
    init?(stored: [UInt8], lastSeenAt: Timestamp) {
        guard let object = (try? JSONValue.parse(stored))?.objectValue,
            let id = object["id"]?.stringValue.flatMap({ Identifier($0) }), let userID = object["userId"]?.stringValue,
            let roles = object["roles"]?.arrayValue, let permissions = object["permissions"]?.arrayValue,
            let address = object["address"]?.stringValue, let startedAt = object["startedAt"]?.intValue,
            let endsAt = object["endsAt"]?.intValue, let idle = object["idle"]?.intValue
        else { return nil }
        self.id = id
        self.userID = userID
        self.roles = roles.compactMap(\.stringValue)
        self.permissions = permissions.compactMap(\.stringValue)
        self.address = address
        self.startedAt = Timestamp(milliseconds: Int64(startedAt))
        self.endsAt = Timestamp(milliseconds: Int64(endsAt))
        idleLifetime = .milliseconds(idle)
        userName = object["userName"]?.stringValue
        userAgent = object["userAgent"]?.stringValue
        self.lastSeenAt = lastSeenAt
    }
}
