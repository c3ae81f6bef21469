package import JSONCoding
package import Primitives

/// What is wrong with a chain of the audit log.
package struct AuditFinding: Sendable, Hashable {
    /// The kind of fault.
    package enum Kind: String, Sendable, CaseIterable {
        /// The row is not what its hash says: it was changed, replaced, or has changed places.
        case changed
        /// Numbers are missing.
        case missing
        /// A number comes twice, or after the end of the chain.
        case inserted
        /// Content is gone, but no erasure is recorded.
        case emptied
        /// The end of the chain, or the checkpoint before its beginning, is not signed by the service.
        case unsigned
    }

    package let kind: Kind
    package let chain: Identifier
    /// The first number that it is about.
    package let sequence: Int64
    /// The last number that it is about.
    package let lastSequence: Int64
    /// The row, if there is one.
    package let row: Identifier?

    init(_ kind: Kind, _ chain: Identifier, _ sequence: Int64, through last: Int64? = nil, row: Identifier? = nil) {
        self.kind = kind
        self.chain = chain
        self.sequence = sequence
        lastSequence = last ?? sequence
        self.row = row
    }

    /// The tenant whose chain it is; nil for the operator's.
    package var tenant: Identifier? { chain.description == AuditSchema.operatorChain ? nil : chain }

    /// As a sentence.
    package var text: String {
        let numbers = sequence == lastSequence ? "row \(sequence)" : "rows \(sequence) to \(lastSequence)"
        let named = row.map { "\(numbers) (\($0))" } ?? numbers
        return switch kind {
        case .changed: "\(named) was changed, replaced or has changed places"
        case .missing: "\(named) \(sequence == lastSequence ? "is" : "are") missing"
        case .inserted: "\(named) \(sequence == lastSequence ? "was" : "were") inserted"
        case .emptied: "\(named) lost its content without an erasure"
        case .unsigned: "the end or checkpoint at \(named) is not signed by this service"
        }
    }

    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "tenantId": tenant.map { .identifier($0) } ?? .null,
            "sequence": .integer(Int(sequence)), "lastSequence": .integer(Int(lastSequence)),
            "id": row.map { .identifier($0) } ?? .null, "text": .string(text),
        ]
    }
}
