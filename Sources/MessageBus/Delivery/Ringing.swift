import Logging
import PostgresClient

/// Rings a bell for each notification on a channel, and after each reconnection, until the task is cancelled.
/// - Parameter payload: only notifications with this payload ring; nil: all.
func ringing(
    _ bell: WakeUp, on channel: String, payload: String? = nil, of configuration: PostgresConfiguration, logger: Logger
) async {
    let listener = PostgresListener(configuration: configuration, channels: [channel], logger: logger)
    for await event in listener.events() {
        switch event {
        case .connected: bell.signal()
        case .notification(_, let heard): if payload == nil || payload == heard { bell.signal() }
        }
    }
    listener.shutdown()
}
