package import Configuration
package import ConfigurationChecks
import Primitives

/// Which queues the groups of consumers have, and how they are used.
package struct SQSConfiguration: Sendable, Hashable {
    /// The groups of this system. Each gets every event.
    package static let defaultGroups = [
        "orchestrator", "orchestrator-moves", "subscription", "subscription-erasure", "subscription-export",
        "subscription-offboarding", "subscription-roles", "tenant-management", "tenant-management-exports",
        "tenant-management-webhooks",
    ]

    /// The groups that publishers send to.
    package var groups: [String]
    /// The queues of groups whose names do not follow from the prefix: a name, or a URL.
    package var groupQueues: [String: String]
    /// Before the name of a group in the name of its queue, with a hyphen.
    package var prefix: String
    /// Whether queues whose names follow from the prefix keep the order (their names end in `.fifo`).
    package var isFIFO: Bool
    /// Whether queues that are missing are created.
    package var createsQueues: Bool
    /// How long the service holds back its answer when a queue is empty.
    package var wait: Duration
    /// How long a poll may go on when its consumer stops. A message that SQS hands out after that stays invisible for the
    /// length of a lease.
    package var pollGrace = Duration.seconds(2)
    /// Most bytes of a batch, and so of a message with its attributes.
    package var maximumBatchBytes: Int

    package static let configurationKeys: ConfigurationKeys = [
        "SQS_GROUPS", "SQS_GROUP_QUEUES", "SQS_QUEUE_PREFIX", "SQS_FIFO", "SQS_CREATE_QUEUES", "SQS_WAIT_SECONDS",
        "SQS_MAXIMUM_BATCH_BYTES",
    ]

    /// Most characters of a queue's name, including `.fifo`.
    private static let maximumNameLength = 80

    package init(
        groups: [String] = defaultGroups, groupQueues: [String: String] = [:], prefix: String = "arc",
        isFIFO: Bool = true, createsQueues: Bool = false, wait: Duration = .seconds(10),
        maximumBatchBytes: Int = 1 << 20
    ) {
        self.groups = groups
        self.groupQueues = groupQueues
        self.prefix = prefix
        self.isFIFO = isFIFO
        self.createsQueues = createsQueues
        self.wait = wait
        self.maximumBatchBytes = maximumBatchBytes
    }

    /// Reads `SQS_GROUPS` (names separated by commas), `SQS_GROUP_QUEUES` (`group=queue`, separated by commas),
    /// `SQS_QUEUE_PREFIX` (arc), `SQS_FIFO`, `SQS_CREATE_QUEUES` (false), `SQS_WAIT_SECONDS` (10, 0 to 20) and
    /// `SQS_MAXIMUM_BATCH_BYTES` (1048576).
    /// - Parameter isFIFO: The default of `SQS_FIFO`.
    package init(reader: ConfigReader, isFIFO: Bool = true) throws(ConfigurationFailure) {
        self.init()
        self.isFIFO = try reader.flag("sqs.fifo", default: isFIFO)
        createsQueues = try reader.flag("sqs.create.queues", default: false)
        wait = .seconds(try reader.integer("sqs.wait.seconds", default: 10, in: 0...20))
        maximumBatchBytes = try reader.integer(
            "sqs.maximum.batch.bytes", default: maximumBatchBytes, in: 1024...(1 << 20))
        if let text = reader.text("sqs.queue.prefix") { prefix = text }
        guard (1...40).contains(prefix.utf8.count), prefix.utf8.allSatisfy(Self.isOfName) else {
            throw ConfigKey("sqs.queue.prefix").failure(prefix, "1 to 40 letters, digits, hyphens and underscores")
        }
        if let text = reader.text("sqs.groups") {
            groups = text.split(separator: ",").map { $0.trimmingSpaces() }
        }
        groupQueues = try Self.groupQueues(reader)
        try checkNames()
    }

    /// The name or URL of a group's queue. Dots, which names of queues cannot have, become underscores.
    func queue(of group: String) -> String {
        if let queue = groupQueues[group] { return queue }
        return "\(prefix)-\(group.replacing(".", with: "_"))" + (isFIFO ? ".fifo" : "")
    }

    private static func groupQueues(_ reader: ConfigReader) throws(ConfigurationFailure) -> [String: String] {
        guard let text = reader.text("sqs.group.queues") else { return [:] }
        var queues: [String: String] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces() }
            guard parts.count == 2, !parts[0].isEmpty, SQSQueue.isReference(parts[1]) else {
                throw ConfigKey("sqs.group.queues").failure(
                    String(pair), "group=queue, the queue being a name or a URL")
            }
            queues[parts[0]] = parts[1]
        }
        return queues
    }

    private func checkNames() throws(ConfigurationFailure) {
        var owners: [String: String] = [:]
        for group in groups {
            let name = queue(of: group)
            let isGroup = (1...100).contains(group.utf8.count) && group.utf8.allSatisfy(Self.isOfGroup)
            guard isGroup, SQSQueue.isReference(name), name.contains("/") || name.utf8.count <= Self.maximumNameLength
            else {
                throw ConfigKey("sqs.groups").failure(group, "names whose queues have valid names, separated by commas")
            }
            if let other = owners.updateValue(group, forKey: name) {
                throw ConfigurationFailure(
                    key: "SQS_GROUP_QUEUES", reason: "gives the groups \(other) and \(group) the same queue")
            }
        }
        guard !groups.isEmpty else { throw ConfigurationFailure(key: "SQS_GROUPS", reason: "names no group") }
    }

    private static func isOfGroup(_ byte: UInt8) -> Bool {
        isOfName(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: ".")
    }

    /// Letters, digits, hyphens and underscores.
    static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
