import Configuration
import ConfigurationChecks
import Testing

@testable import MessageBusSQS

@Suite struct SQSConfigurationTests {
    private func configuration(_ variables: [String: String]) throws -> SQSConfiguration {
        try SQSConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test func `the queues of groups follow from a prefix, unless they are named`() throws {
        let usual = try configuration([:])
        #expect(usual == SQSConfiguration())
        #expect(usual.queue(of: "tenant-management") == "arc-tenant-management.fifo")
        let changed = try configuration([
            "SQS_GROUPS": "a, b.c,d", "SQS_QUEUE_PREFIX": "x_y", "SQS_FIFO": "false", "SQS_CREATE_QUEUES": "true",
            "SQS_GROUP_QUEUES": "a=Orders.fifo, d=https://sqs.eu-west-1.amazonaws.com/123456789012/d",
            "SQS_WAIT_SECONDS": "20", "SQS_MAXIMUM_BATCH_BYTES": "262144",
        ])
        #expect(changed.groups == ["a", "b.c", "d"])
        #expect(changed.queue(of: "a") == "Orders.fifo" && changed.queue(of: "b.c") == "x_y-b_c")
        #expect(changed.queue(of: "d") == "https://sqs.eu-west-1.amazonaws.com/123456789012/d")
        #expect(changed.createsQueues && changed.wait == .seconds(20) && changed.maximumBatchBytes == 262_144)
    }

    @Test(arguments: [
        (["SQS_GROUPS": "A"], "SQS_GROUPS"), (["SQS_GROUPS": ","], "SQS_GROUPS"),
        (["SQS_GROUPS": String(repeating: "a", count: 90)], "SQS_GROUPS"),
        (["SQS_GROUPS": "a.b,a_b"], "SQS_GROUP_QUEUES"),
        (["SQS_GROUP_QUEUES": "subscription=arc-orchestrator.fifo"], "SQS_GROUP_QUEUES"),
        (["SQS_GROUP_QUEUES": "subscription"], "SQS_GROUP_QUEUES"),
        (["SQS_GROUP_QUEUES": "subscription=a b"], "SQS_GROUP_QUEUES"),
        (["SQS_GROUP_QUEUES": "subscription=ftp://x/y"], "SQS_GROUP_QUEUES"),
        (["SQS_QUEUE_PREFIX": "a.b"], "SQS_QUEUE_PREFIX"), (["SQS_WAIT_SECONDS": "21"], "SQS_WAIT_SECONDS"),
        (["SQS_MAXIMUM_BATCH_BYTES": "2000000"], "SQS_MAXIMUM_BATCH_BYTES"), (["SQS_FIFO": "maybe"], "SQS_FIFO"),
        (["SQS_CREATE_QUEUES": "perhaps"], "SQS_CREATE_QUEUES"),
    ])
    func `a wrong setting stops the start, and the error names it`(variables: [String: String], key: String) throws {
        #expect(try #require(throws: ConfigurationFailure.self) { try configuration(variables) }.key == key)
    }
}
