/// The messages of one answer, by the subscription that handles them.
///
/// A FIFO queue hands out nothing more of a message group while one of its messages is in flight, but one answer can contain several
/// messages of a group. They are handed over together, so that no message is handled beside an earlier one. If they belong to
/// several subscriptions, the messages up to the first one of another subscription are handed over, and the rest goes back to the queue.
struct ReceivedShares {
    private(set) var takers: [(inbox: SQSInbox, deliveries: [SQSDelivery])] = []
    /// What goes back to the queue: it follows a message of another subscription in its lane.
    private(set) var postponed: [SQSDelivery] = []
    private var lanes: [String: Lane] = [:]

    private struct Lane {
        let inbox: SQSInbox
        var isClosed = false
    }

    /// Adds a message. Call it in the order in which the queue has handed the messages out.
    mutating func add(_ delivery: SQSDelivery, to inbox: SQSInbox) {
        if let name = delivery.lane {
            var lane = lanes[name] ?? Lane(inbox: inbox)
            if lane.inbox !== inbox { lane.isClosed = true }
            lanes[name] = lane
            guard !lane.isClosed else { return postponed.append(delivery) }
        }
        if let place = takers.firstIndex(where: { $0.inbox === inbox }) {
            takers[place].deliveries.append(delivery)
        } else {
            takers.append((inbox, [delivery]))
        }
    }
}
