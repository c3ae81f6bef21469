import Entities

extension Invoice {
    /// The status of an invoice: the vocabulary of the original's abstraction (docs/contract/arc-api.md 6.13), and the words of
    /// Stripe.
    enum Status: RawRepresentable, FieldValue, Hashable {
        /// Not issued.
        case draft
        case posted
        case paymentDue
        case notPaid
        case pending
        case paid
        case voided
        case open
        case uncollectible
        /// Stripe's word for a voided invoice.
        case void
        /// A word that only the provider knows.
        case other(String)

        /// Every status that a provider may report.
        static let known: [Status] = [
            .draft, .posted, .paymentDue, .notPaid, .pending, .paid, .voided, .open, .uncollectible, .void,
        ]

        private static let byWord = Dictionary(uniqueKeysWithValues: known.map { ($0.rawValue, $0) })

        /// The status that rows and providers call by a word. Every word is a status.
        init(rawValue word: String) { self = Self.byWord[word] ?? .other(word) }

        /// The word that rows, requests and responses have.
        var rawValue: String {
            switch self {
            case .draft: "draft"
            case .posted: "posted"
            case .paymentDue: "payment_due"
            case .notPaid: "not_paid"
            case .pending: "pending"
            case .paid: "paid"
            case .voided: "voided"
            case .open: "open"
            case .uncollectible: "uncollectible"
            case .void: "void"
            case .other(let word): word
            }
        }

        /// Whether nothing can be paid any more.
        var isClosed: Bool { stage >= .paid }

        /// Whether a report may change an invoice to this status. Reports arrive late and out of order: a paid invoice does not
        /// become unpaid, and a voided one stays voided.
        /// - Parameter current: Nil if the row has none, like rows of the original.
        func mayFollow(_ current: Status?) -> Bool { stage >= (current?.stage ?? .open) }

        private enum Stage: Int, Comparable {
            case draft, open, paid, voided

            static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
        }

        private var stage: Stage {
            switch self {
            case .draft: .draft
            case .paid: .paid
            case .voided, .void: .voided
            case .posted, .paymentDue, .notPaid, .pending, .open, .uncollectible, .other: .open
            }
        }
    }
}
