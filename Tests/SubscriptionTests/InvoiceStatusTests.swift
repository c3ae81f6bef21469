import Testing

@testable import Subscription

@Suite struct InvoiceStatusTests {
    @Test func `every word is a status, and written as it was read`() {
        for status in Invoice.Status.known {
            #expect(Invoice.Status(rawValue: status.rawValue) == status)
            if case .other = status { Issue.record("\(status) has no name") }
        }
        for word in ["", "PAID", "refunded", "payment due"] {
            #expect(Invoice.Status(rawValue: word) == .other(word) && Invoice.Status(rawValue: word).rawValue == word)
        }
    }

    @Test func `reports take an invoice forward only`() {
        let order: [[Invoice.Status]] = [
            [.draft], [.posted, .paymentDue, .notPaid, .pending, .open, .uncollectible, .other("refunded")], [.paid],
            [.voided, .void],
        ]
        for (early, statuses) in order.enumerated() {
            for (late, others) in order.enumerated() {
                for (current, new) in statuses.flatMap({ status in others.map { (status, $0) } }) {
                    #expect(new.mayFollow(current) == (late >= early), "\(current) to \(new)")
                }
            }
            #expect(statuses.allSatisfy { $0.isClosed == (early >= 2) })
        }
        // A row of the original without a status is open.
        #expect(!Invoice.Status.draft.mayFollow(nil) && Invoice.Status.pending.mayFollow(nil))
    }
}
