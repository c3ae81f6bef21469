import Billing
import BillingPreview
package import JSONCoding

/// Something that holds for every request that it is made for.
package struct BillingProperty: Sendable {
    /// What holds, as a sentence.
    package let name: String
    /// A request for it.
    let make: @Sendable (inout RandomRequest) -> JSONObject
    /// What is wrong with the answer; nil if nothing.
    let check: @Sendable (JSONObject) throws -> String?

    init(
        _ name: String, make: @escaping @Sendable (inout RandomRequest) -> JSONObject = { $0.any() },
        check: @escaping @Sendable (JSONObject) throws -> String?
    ) {
        self.name = name
        self.make = make
        self.check = check
    }

    /// All of them: the invariants of docs/billing.md.
    package static let all: [BillingProperty] = general + ofTime + ofParts + ofPrices + ofAddedItems

    /// A failure with the smallest request that was found for it.
    package struct Failure: Sendable, CustomStringConvertible {
        package let property: String
        package let seed: UInt64
        package let request: JSONValue
        package let problem: String

        package var description: String {
            "\(property) (seed \(seed)): \(problem)\n\(String(decoding: request.serialized(), as: UTF8.self))"
        }
    }

    /// Tries one request of a seed; a failure is shrunk.
    package func failure(seed: UInt64) -> Failure? {
        var random = RandomRequest(seed: seed)
        let request = make(&random)
        guard let problem = problem(of: request) else { return nil }
        // What is refused makes no sense: shrinking must not turn a wrong answer into such a request, nor the reverse.
        let smallest = Shrinking.smallest(request) { candidate in
            guard let other = self.problem(of: candidate) else { return false }
            return problem.isRefusal ? other == problem : !other.isRefusal
        }
        return Failure(
            property: name, seed: seed, request: .object(smallest), problem: self.problem(of: smallest)?.text ?? "")
    }

    private struct Problem: Equatable {
        let text: String
        var isRefusal = false
    }

    private func problem(of request: JSONObject) -> Problem? {
        do {
            return try check(request).map { Problem(text: $0) }
        } catch let refusal as ScenarioRefusal {
            // Changes are made without knowing when service ends, or how a pause has ended.
            guard !refusal.reason.hasPrefix("The subscription") else { return nil }
            return Problem(text: refusal.reason, isRefusal: true)
        } catch {
            return Problem(text: "\(error)")
        }
    }

    // MARK: Answers

    private static let zones = InstalledZones()

    static func statement(_ request: JSONObject) throws -> BillingStatement {
        try ScenarioReader { zones.zone($0) }.scenario(.object(request)).statement()
    }
}

extension InvoiceLine {
    var kind: InvoiceLineDetails.Kind? { details?.kind }
}
