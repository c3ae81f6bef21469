import Logging
import PostgresClient
import WorkQueue

extension WorkSignals {
    /// Signals for each notification on a channel, and after each reconnection, until the task is canceled.
    /// - Parameter payload: Only notifications with this payload count; nil: all.
    func signal(
        onNotificationsOf channel: String, payload: String? = nil, from configuration: PostgresConfiguration,
        logger: Logger
    ) async {
        let listener = PostgresListener(configuration: configuration, channels: [channel], logger: logger)
        for await event in listener.events() {
            switch event {
            case .connected:
                reconnected.signal()
                work.signal()
            case .notification(_, let heard): if payload == nil || payload == heard { work.signal() }
            }
        }
        listener.shutdown()
    }
}
