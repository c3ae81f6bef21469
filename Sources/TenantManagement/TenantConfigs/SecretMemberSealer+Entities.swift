package import Entities
package import JSONCoding
package import KeyRotation

extension SecretMemberSealer: MemberSealer {
    /// The document to store.
    package func sealed(document: JSONValue, owner: String, former: JSONValue?) throws -> JSONValue {
        try sealed(document, owner: owner, beside: former)
    }
}
