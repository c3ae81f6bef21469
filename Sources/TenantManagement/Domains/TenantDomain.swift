import JSONCoding
import Primitives

/// A mail domain that a tenant has or claims.
struct TenantDomain: Sendable {
    /// What a domain was proven by.
    enum Proof: String, Sendable, CaseIterable {
        /// The e-mail address of the lead that became the tenant.
        case email
        /// The approval of an operator.
        case `operator`
        /// The record that ``record`` describes.
        case dns
    }

    enum State: String, Sendable, CaseIterable {
        /// The tenant holds the domain. No other tenant can.
        case proven = "PROVEN"
        /// Claimed, and no tenant holds it.
        case waiting = "WAITING"
        /// Claimed, and another tenant holds it.
        case held = "HELD"
        /// Of a mail provider: no tenant can hold it.
        case `public` = "PUBLIC"
    }

    let name: String
    let proof: Proof?
    let provenOn: Timestamp?
    /// The part of the record's text that only this claim has.
    let token: Identifier
    let createdOn: Timestamp
    /// The other tenant that holds the domain.
    let holder: Identifier?
    let isPublic: Bool

    var state: State {
        if proof != nil { return .proven }
        if isPublic { return .public }
        return holder == nil ? .waiting : .held
    }

    /// The text of the TXT record that proves the domain.
    var recordValue: String { "arc-verification=\(token)" }

    /// A claim, which waits for its proof.
    static func claim(
        _ name: String, on instant: Timestamp, holder: Identifier? = nil, isPublic: Bool = false
    ) -> TenantDomain {
        TenantDomain(
            name: name, proof: nil, provenOn: nil, token: .v4(), createdOn: instant, holder: holder,
            isPublic: isPublic)
    }

    /// The claim after it was proven.
    func proven(by proof: Proof, on instant: Timestamp) -> TenantDomain {
        TenantDomain(
            name: name, proof: proof, provenOn: instant, token: token, createdOn: createdOn, holder: nil,
            isPublic: isPublic)
    }

    /// What the tenant or an operator can do about the state; nil when there is nothing left to do.
    private var nextStep: String? {
        switch state {
        case .proven: nil
        case .waiting:
            "Publish the TXT record and call the operation verify, or ask the operator to approve the domain."
        case .held: "Another tenant holds the domain. Publish the TXT record and ask the operator, who can release it."
        case .public: "Everybody can have an address in this domain, so no tenant can hold it. Delete it."
        }
    }

    /// - Parameter showsHolder: For operators: a tenant's users do not learn of other tenants.
    func write(to writer: inout JSONWriter, showsHolder: Bool) {
        writer.beginObject()
        writer.key("domain")
        writer.string(name)
        writer.key("state")
        writer.string(state.rawValue)
        if let proof, let provenOn {
            writer.key("provenBy")
            writer.string(proof.rawValue)
            writer.key("provenOn")
            writer.timestamp(provenOn)
        }
        if showsHolder, state == .held, let holder {
            writer.key("heldBy")
            writer.identifier(holder)
        }
        if state == .waiting || state == .held {
            writer.key("record")
            writer.beginObject()
            writer.key("type")
            writer.string("TXT")
            writer.key("name")
            writer.string("\(DomainName.recordLabel).\(name)")
            writer.key("value")
            writer.string(recordValue)
            writer.endObject()
        }
        if let nextStep {
            writer.key("nextStep")
            writer.string(nextStep)
        }
        writer.key("createdOn")
        writer.timestamp(createdOn)
        writer.endObject()
    }
}
