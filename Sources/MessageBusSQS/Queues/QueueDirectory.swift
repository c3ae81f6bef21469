import AWS
import JSONCoding
import MessageBus
import Synchronization

/// Finds the queues of groups, or creates them.
final class QueueDirectory: Sendable {
    private struct State {
        var groups: Set<String>
        var known: [String: GroupQueues] = [:]
    }

    private let calls: SQSCalls
    private let configuration: SQSConfiguration
    private let state: Mutex<State>

    /// The longest time for which SQS keeps messages, in seconds: 14 days.
    private static let retention = "1209600"

    init(calls: SQSCalls, configuration: SQSConfiguration) {
        self.calls = calls
        self.configuration = configuration
        state = Mutex(State(groups: Set(configuration.groups)))
    }

    /// The groups that publishers send to.
    var groups: [String] { state.withLock { $0.groups.sorted() } }

    /// Adds a group that publishers send to.
    func add(_ group: String) { state.withLock { _ = $0.groups.insert(group) } }

    /// The queues of a group.
    /// - Throws: `.unavailable` that says what to do when one of them is missing and must not be created.
    func queues(of group: String) async throws(MessageBusError) -> GroupQueues {
        if let known = state.withLock({ $0.known[group] }) { return known }
        let reference = configuration.queue(of: group)
        let events = try await found(
            reference, group, attributes: Self.attributes(isFIFO: reference.hasSuffix(".fifo")))
        let queues = GroupQueues(events: events, dead: try await deadLetters(of: events, group))
        state.withLock { $0.known[group] = queues }
        return queues
    }

    /// The queues of a group; nil if it has no queue for events, which is not created here.
    func existing(_ group: String) async throws(MessageBusError) -> GroupQueues? {
        if let known = state.withLock({ $0.known[group] }) { return known }
        do throws(AWSError) {
            _ = try await resolve(configuration.queue(of: group))
        } catch {
            guard SQSCalls.isMissingQueue(error) else { throw MessageBusError(error) }
            return nil
        }
        return try await queues(of: group)
    }

    /// Forgets the queues of a group, so that they are looked up again: one of them no longer exists.
    func forget(_ group: String) { state.withLock { _ = $0.known.removeValue(forKey: group) } }

    private func found(
        _ reference: String, _ group: String, attributes: JSONObject
    ) async throws(MessageBusError) -> SQSQueue {
        do throws(AWSError) {
            return try await resolve(reference)
        } catch {
            guard SQSCalls.isMissingQueue(error) else { throw MessageBusError(error) }
        }
        guard configuration.createsQueues, !reference.contains("/") else {
            throw .unavailable(
                reason: "the queue \(reference) of the group \(group) does not exist: create it, or set "
                    + "SQS_CREATE_QUEUES=true")
        }
        do throws(AWSError) {
            return try await calls.create(name: reference, attributes: attributes)
        } catch {
            throw MessageBusError(error)
        }
    }

    private func resolve(_ reference: String) async throws(AWSError) -> SQSQueue {
        guard reference.contains("/") else { return try await calls.url(ofName: reference) }
        let queue = SQSQueue(url: reference)
        _ = try await calls.attributes(["QueueArn"], of: queue)
        return queue
    }

    /// The queue of dead letters: the target of the redrive policy, where SQS itself moves messages, or else a queue of this system.
    /// The latter is a standard queue, because in a queue with order a message that waits hides those behind it.
    private func deadLetters(of queue: SQSQueue, _ group: String) async throws(MessageBusError) -> SQSQueue {
        let attributes: JSONObject
        do throws(AWSError) {
            attributes = try await calls.attributes(["RedrivePolicy"], of: queue)
        } catch {
            throw MessageBusError(error)
        }
        let policy = attributes["RedrivePolicy"]?.stringValue.flatMap { try? JSONValue.parse(Array($0.utf8)) }
        if let target = policy?["deadLetterTargetArn"]?.stringValue {
            let parts = target.split(separator: ":")
            guard parts.count == 6, let name = parts.last else {
                throw .unavailable(reason: "the redrive policy of the queue \(queue.name) names no queue")
            }
            do throws(AWSError) {
                return try await calls.url(ofName: String(name), account: String(parts[4]))
            } catch {
                throw MessageBusError(error)
            }
        }
        let name = queue.isFIFO ? String(queue.name.dropLast(5)) : queue.name
        return try await found("\(name)-dead", group, attributes: Self.attributes(isFIFO: false))
    }

    /// The attributes of queues that are created. There is no redrive policy, because SQS would count receptions, and an outage causes
    /// many of them.
    private static func attributes(isFIFO: Bool) -> JSONObject {
        var attributes: JSONObject = ["MessageRetentionPeriod": .string(retention)]
        if isFIFO {
            attributes["FifoQueue"] = "true"
            attributes["DeduplicationScope"] = "messageGroup"
            attributes["FifoThroughputLimit"] = "perMessageGroupId"
        }
        return attributes
    }
}
