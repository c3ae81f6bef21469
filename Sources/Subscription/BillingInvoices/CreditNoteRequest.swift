import Entities
import JSONCoding

/// What a credit note is asked to give back.
struct CreditNoteRequest: Sendable {
    /// A line with the amount before the tax that is added to it.
    struct Line: Sendable, Hashable {
        /// Of the line on the invoice, from 1.
        let position: Int
        /// In minor units; nil: all that is left of the line.
        let amount: Int64?
    }

    /// Nil: all lines with all that is left of them.
    let lines: [Line]?
    let destination: CreditNoteRow.Destination
    let reason: String?

    /// Reads a body that has passed ``CreditNoteSchemas/new``.
    init(_ body: JSONObject) {
        lines = body["lines"]?.arrayValue?.map {
            Line(position: $0["position"]?.intValue ?? 0, amount: $0["amount"]?.minorUnits)
        }
        destination =
            body["destination"]?.stringValue.flatMap { CreditNoteRow.Destination(rawValue: $0) } ?? .payer
        reason = body["reason"]?.stringValue
    }

    /// What is left of a line of an invoice.
    struct Left: Sendable {
        /// From 1.
        let position: Int
        let description: String
        /// In minor units, before the tax that is added to it.
        let amount: Int64
        /// False for lines of discounts and taxes, which are credited with the lines that they belong to.
        let isCreditable: Bool
    }

    /// What is credited of each line, in minor units.
    /// - Throws: ``ValidationFailure`` at a line that has less left than is asked for.
    func amounts(of left: [Left]) throws(ValidationFailure) -> [(position: Int, amount: Int64)] {
        guard let lines else {
            return left.filter { $0.isCreditable && $0.amount > 0 }.map { ($0.position, $0.amount) }
        }
        var amounts: [(position: Int, amount: Int64)] = []
        for (index, line) in lines.enumerated() {
            let pointer = "/lines/\(index)"
            guard let known = left.first(where: { $0.position == line.position }) else {
                throw .invalidField(
                    "\(pointer)/position", code: "line", "must be the position of a line of the invoice")
            }
            guard known.isCreditable else {
                throw .invalidField(
                    "\(pointer)/position", code: "line",
                    "must bill something: discounts and taxes are credited with the lines that they belong to")
            }
            guard !amounts.contains(where: { $0.position == line.position }) else {
                throw .invalidField("\(pointer)/position", code: "uniqueItems", "must not be named twice")
            }
            let amount = line.amount ?? known.amount
            guard amount > 0, amount <= known.amount else {
                throw ValidationFailure([
                    ValidationDetail(
                        path: "\(pointer)/amount", code: "left",
                        message:
                            "must be at most \(known.amount) minor units, which is what is left of line \(line.position), \(known.description)",
                        info: ["position": .integer(line.position), "left": .integer(known.amount)])
                ])
            }
            amounts.append((line.position, amount))
        }
        return amounts
    }
}
