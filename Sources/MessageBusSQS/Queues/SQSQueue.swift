/// A queue as requests name it.
struct SQSQueue: Sendable, Hashable {
    /// Identifies the queue in requests. Requests are not sent to this URL, but to the endpoint of the region.
    let url: String

    /// Whether it keeps the order.
    var isFIFO: Bool { url.hasSuffix(".fifo") }
    /// The last part of the URL.
    var name: String { url.split(separator: "/").last.map(String.init) ?? url }

    /// Whether a text is the name of a queue, or looks like a URL.
    static func isReference(_ text: String) -> Bool {
        if text.contains("/") { return text.hasPrefix("https://") || text.hasPrefix("http://") }
        let name = text.hasSuffix(".fifo") ? String(text.dropLast(5)) : text
        return !name.isEmpty && name.utf8.allSatisfy(SQSConfiguration.isOfName)
    }
}

/// The queues of a consumer group.
struct GroupQueues: Sendable, Hashable {
    let events: SQSQueue
    /// Where dead letters go: the target of the queue's redrive policy, or else a queue of this system.
    let dead: SQSQueue
}
