package import Configuration
package import ConfigurationChecks
import Primitives

/// Which queues the groups of consumers have, and how they are used.
package struct SQSConfiguration: Sendable, Hashable {
    /// The groups of this system. Each gets every event.
    package static let defaultGroups = [
        "billing-notices", "billing-standings", "orchestrator", "orchestrator-moves", "subscription",
        "subscription-credentials", "subscription-erasure", "subscription-export", "subscription-offboarding",
        "subscription-roles", "tenant-management", "tenant-management-api-keys", "tenant-management-exports",
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

    private enum Settings {
        static let groups = Setting<[String]>.parsed(
            "SQS_GROUPS", default: defaultGroups, unset: defaultGroups.joined(separator: ", "),
            values: "names whose queues have valid names, separated by commas",
            "Consumer groups to which publishers send every event (`sqs` only)"
        ) { text in
            let groups = text.split(separator: ",").map { $0.trimmingSpaces() }
            let areGroups = groups.allSatisfy { (1...100).contains($0.utf8.count) && $0.utf8.allSatisfy(isOfGroup) }
            return areGroups && !groups.isEmpty ? groups : nil
        }
        static let queues = Setting<[String: String]>.parsed(
            "SQS_GROUP_QUEUES", default: [:], unset: nil,
            values: "group=queue, the queue being a name or a URL, separated by commas", "Other queues of groups"
        ) { text in
            var queues: [String: String] = [:]
            for pair in text.split(separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces() }
                guard parts.count == 2, !parts[0].isEmpty, SQSQueue.isReference(parts[1]) else { return nil }
                queues[parts[0]] = parts[1]
            }
            return queues
        }
        static let prefix = Setting.text(
            "SQS_QUEUE_PREFIX", default: "arc", values: "1 to 40 letters, digits, hyphens and underscores",
            "The queue of a group is `<prefix>-<group>`, with `.fifo` at the end if it keeps the order of a tenant's events; its dead letters are in `<prefix>-<group>-dead`"
        ) { (1...40).contains($0.utf8.count) && $0.utf8.allSatisfy(isOfName) }
        static let isFIFO = Setting.optionalFlag(
            "SQS_FIFO", unset: "true (`eventbridge`: false)", "Whether queues keep the order of a tenant's events")
        static let createsQueues = Setting.flag(
            "SQS_CREATE_QUEUES", default: false,
            "`true` creates queues that are missing. Otherwise a missing queue stops the group and its publishers, and the readiness check says so"
        )
        static let wait = Setting.duration("SQS_WAIT_SECONDS", default: 10, in: 0...20, "Length of a long poll")
        static let batch = Setting.integer(
            "SQS_MAXIMUM_BATCH_BYTES", default: 1 << 20, in: 1024...(1 << 20),
            "Most bytes of a batch and of a message with its attributes; larger events become dead letters of the outbox"
        )
    }

    package static let configurationKeys = ConfigurationKeys(
        "SQS",
        [
            Settings.groups, Settings.queues, Settings.prefix, Settings.isFIFO, Settings.createsQueues, Settings.wait,
            Settings.batch,
        ])

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

    /// - Parameter isFIFO: The default of `SQS_FIFO`.
    package init(reader: ConfigReader, isFIFO: Bool = true) throws(ConfigurationFailure) {
        self.init(
            groups: try reader.value(Settings.groups), groupQueues: try reader.value(Settings.queues),
            prefix: try reader.value(Settings.prefix), isFIFO: try reader.value(Settings.isFIFO) ?? isFIFO,
            createsQueues: try reader.value(Settings.createsQueues), wait: try reader.value(Settings.wait),
            maximumBatchBytes: try reader.value(Settings.batch))
        try checkNames()
    }

    /// The name or URL of a group's queue. Dots, which names of queues cannot have, become underscores.
    func queue(of group: String) -> String {
        if let queue = groupQueues[group] { return queue }
        return "\(prefix)-\(group.replacing(".", with: "_"))" + (isFIFO ? ".fifo" : "")
    }

    private func checkNames() throws(ConfigurationFailure) {
        var owners: [String: String] = [:]
        for group in groups {
            let name = queue(of: group)
            guard SQSQueue.isReference(name), name.contains("/") || name.utf8.count <= Self.maximumNameLength else {
                throw Settings.groups.description.failure(group)
            }
            if let other = owners.updateValue(group, forKey: name) {
                throw ConfigurationFailure(
                    key: "SQS_GROUP_QUEUES", reason: "gives the groups \(other) and \(group) the same queue")
            }
        }
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
