import Configuration
import ConfigurationChecks
import Primitives
import WorkQueue

/// Settings of collecting invoices.
struct CollectionConfiguration: Sendable {
    /// `COLLECTION_METHOD`.
    enum Default: String, Sendable, CaseIterable {
        case none
        case automatic
        case sendInvoice = "send_invoice"

        var method: CollectionMethod? { CollectionMethod(rawValue: rawValue) }
    }

    private enum Settings {
        static let method = Setting<Default>.choice(
            "COLLECTION_METHOD", default: .none,
            "How invoices of subscriptions are collected that name no `collectionMethod`; with `none`, nobody collects them"
        )
        static let retries = days(
            "PAYMENT_RETRY_DAYS", "1,3,5,7",
            "Days after the first failed payment of an invoice on which it is tried again; with the last one, dunning ends"
        )
        static let reminders = days(
            "PAYMENT_REMINDER_DAYS", "1,7,14",
            "Days after the last day to pay on which tenants are reminded that pay by themselves; with the last one, dunning ends"
        )
        static let end = Setting<DunningEnd>.choice(
            "DUNNING_END", default: .suspend,
            "What happens if no payment has succeeded: `mark` marks the subscription as unpaid, `suspend` also suspends the tenant, `cancel` also cancels the subscription"
        )
        static let reminderEnd = Setting<DunningEnd>.choice(
            "REMINDER_END", default: .mark, "The same for tenants that pay by themselves")
        static let concurrency = Setting.integer(
            "COLLECTION_CONCURRENCY", default: 4, in: 1...64, "Invoices that a node collects at the same time")

        private static func days(_ name: String, _ value: String, _ meaning: String) -> Setting<DunningSchedule?> {
            .parsed(
                name, default: DunningSchedule(value), unset: value,
                values:
                    "1 to \(DunningSchedule.maximumSteps) ascending days from 1 to \(DunningSchedule.maximumDays), separated by commas",
                meaning, isLiteral: true
            ) { DunningSchedule($0).map { .some($0) } }
        }
    }

    static let configurationKeys = ConfigurationKeys(
        "billing",
        [
            Settings.method, Settings.retries, Settings.reminders, Settings.end, Settings.reminderEnd,
            Settings.concurrency,
        ])

    /// For subscriptions that say nothing; nil: nobody collects.
    let method: CollectionMethod?
    let terms: DunningTerms
    let worker: WorkerConfiguration

    /// - Throws: ``ConfigurationFailure`` for a value that cannot be used.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        method = try reader.value(Settings.method).method
        terms = DunningTerms(
            retries: try reader.value(Settings.retries), reminders: try reader.value(Settings.reminders),
            end: try reader.value(Settings.end), reminderEnd: try reader.value(Settings.reminderEnd))
        worker = WorkerConfiguration(
            concurrency: try reader.value(Settings.concurrency), lease: .seconds(60),
            backOff: BackOff(initial: .seconds(5), maximum: .seconds(900)), maximumAttempts: .max,
            unavailability: BackOff(initial: .milliseconds(500), maximum: .seconds(60)), pollInterval: .seconds(5))
    }
}

/// What follows failed payments and missed days.
struct DunningTerms: Sendable, Hashable {
    /// Nil: no step follows the first.
    var retries: DunningSchedule?
    var reminders: DunningSchedule?
    var end: DunningEnd
    var reminderEnd: DunningEnd

    /// What comes after a step.
    enum Next: Sendable, Hashable {
        case step(Timestamp)
        case end(DunningEnd)
    }

    /// What comes after a failed payment.
    /// - Parameters:
    ///   - failures: With this one, from 1.
    ///   - code: Why it has failed.
    func next(afterFailure failures: Int, code: String?, at instant: Timestamp) -> Next {
        guard !(code.map(DeclineCode.final.contains) ?? false), let next = retries?.next(after: failures, at: instant)
        else { return .end(end) }
        return .step(next)
    }

    /// What comes after a reminder. The last day of the schedule is its end.
    /// - Parameter count: With this one, from 1.
    func next(afterReminder count: Int, at instant: Timestamp) -> Next {
        // The first reminder is the first day of the schedule.
        guard let reminders, count < reminders.days.count, let next = reminders.next(after: count + 1, at: instant)
        else { return .end(reminderEnd) }
        return .step(next)
    }
}
