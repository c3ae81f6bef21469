import Configuration
import ConfigurationChecks
import MessageBus
import Primitives
import RedisClient
import TestSupport
import Testing

@testable import MessageBusBullMQ

@Suite struct BullMQConfigurationTests {
    private func reader(_ variables: [String: String]) -> ConfigReader {
        ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
    }

    @Test func `defaults are those of the original`() throws {
        let settings = try BullMQBusSettings(reader: reader([:]))
        #expect(settings == BullMQBusSettings(name: try BullMQName(prefix: "bull", queue: "default-queue")))
        #expect(settings.baseQueueTypes.isEmpty && !settings.consumesBaseQueue)
        #expect(settings.name.queue(ofGroup: "orchestrator").key("wait") == "bull:default-queue-orchestrator:wait")
    }

    @Test func `settings are read`() throws {
        let settings = try BullMQBusSettings(
            reader: reader([
                "BULLMQ_QUEUE": "events", "BULLMQ_PREFIX": "{bull}", "BULLMQ_RETAINED_EVENTS": "5",
                "BULLMQ_REPUBLISH_HOURS": "2", "BULLMQ_QUEUE_EVENTS": "A, B_2", "BULLMQ_QUEUE_CAPACITY": "7",
            ]))
        #expect(settings.name.key("wait") == "{bull}:events:wait" && settings.retainedEvents == 5)
        #expect(settings.republishedTime == .seconds(7200) && settings.baseQueueTypes == ["A", "B_2"])
        #expect(settings.baseQueueCapacity == 7)
        #expect(try BullMQBusSettings(reader: reader(["BULLMQ_CONSUME_QUEUE": "true"])).consumesBaseQueue)
    }

    @Test(arguments: [
        ("BULLMQ_QUEUE", "a:b"), ("BULLMQ_QUEUE", "a b"), ("BULLMQ_PREFIX", "é"), ("BULLMQ_RETAINED_EVENTS", "0"),
        ("BULLMQ_REPUBLISH_HOURS", "0"), ("BULLMQ_QUEUE_EVENTS", "lower"), ("BULLMQ_QUEUE_EVENTS", "A B"),
        ("BULLMQ_QUEUE_CAPACITY", "-1"), ("BULLMQ_CONSUME_QUEUE", "perhaps"),
    ])
    func `bad settings are refused with their name`(name: String, value: String) {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try BullMQBusSettings(reader: reader([name: value]))
        }
        #expect(failure?.key == name)
    }

    @Test func `a queue that is fed is not consumed`() {
        let failure = #expect(throws: ConfigurationFailure.self) {
            try BullMQBusSettings(reader: reader(["BULLMQ_CONSUME_QUEUE": "true", "BULLMQ_QUEUE_EVENTS": "A"]))
        }
        #expect(failure?.key == "BULLMQ_CONSUME_QUEUE")
    }

    @Test func `the bus may have a separate Redis`() async throws {
        let bus = try BullMQConnector.connection(
            reader: reader(["REDIS_HOST": "cache", "REDIS_DATABASE": "3", "REDIS_PASSWORD": "p"]),
            clock: SystemClock(), logger: testLogger)
        let shared = try #require(bus.connector as? BullMQConnector).client.configuration
        #expect(shared.endpoint == .host("cache", port: 6379) && shared.database == 0 && shared.credentials != nil)
        await bus.shutdown()
        let own = try BullMQConnector.connection(
            reader: reader([
                "REDIS_HOST": "cache", "REDIS_PASSWORD": "p", "MESSAGE_BUS_REDIS_HOST": "bus",
                "MESSAGE_BUS_REDIS_DATABASE": "4",
            ]), clock: SystemClock(), logger: testLogger)
        let configuration = try #require(own.connector as? BullMQConnector).client.configuration
        #expect(configuration.endpoint == .host("bus", port: 6379))
        #expect(configuration.database == 4 && configuration.credentials == nil)
        await own.shutdown()
        let failure = #expect(throws: ConfigurationFailure.self) {
            try BullMQConnector.connection(
                reader: reader(["MESSAGE_BUS_REDIS_HOST": "bus", "MESSAGE_BUS_REDIS_PORT": "no"]),
                clock: SystemClock(), logger: testLogger)
        }
        #expect(failure?.key == "MESSAGE_BUS_REDIS_PORT")
    }
}
