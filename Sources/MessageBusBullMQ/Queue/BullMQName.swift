/// Where a queue is in Redis: its prefix and its name.
package struct BullMQName: Sendable, Hashable {
    /// The default of BullMQ.
    package static let defaultPrefix = "bull"

    /// What all keys begin with. In a cluster it holds a hash tag, such as `{bull}`, because scripts use many keys.
    package let prefix: String
    package let queue: String

    /// - Parameters:
    ///   - prefix: 1 to 100 printable ASCII characters without spaces.
    ///   - queue: The same without `:`, which separates the parts of keys.
    /// - Throws: `BullMQError.invalid` that names the parameter.
    package init(prefix: String = BullMQName.defaultPrefix, queue: String) throws(BullMQError) {
        guard Self.isName(prefix) else { throw .invalid(member: "prefix") }
        guard Self.isName(queue), !queue.utf8.contains(UInt8(ascii: ":")) else { throw .invalid(member: "queue") }
        self.init(checkedPrefix: prefix, queue: queue)
    }

    private init(checkedPrefix prefix: String, queue: String) {
        self.prefix = prefix
        self.queue = queue
    }

    /// The key of a suffix, such as `meta`, or of a job.
    func key(_ suffix: String) -> String { "\(prefix):\(queue):\(suffix)" }

    /// The queue of a consumer group behind this one; scripts build the same name.
    func queue(ofGroup group: String) -> BullMQName {
        BullMQName(checkedPrefix: prefix, queue: "\(queue)-\(group)")
    }

    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy { (33...126).contains($0) }
    }
}
