package import Configuration
package import Logging
package import ServiceLifecycle
package import UnixSignals

/// Reads settings again on SIGHUP. Everything is read and checked before anything changes: one mistake, and everything stays as
/// it is.
package struct ConfigurationReloader: Service {
    /// Reads the environment and the files again.
    package typealias Source = @Sendable () async throws -> ConfigReader

    private let settings: [ReloadableSetting]
    private let source: Source
    private let signals: UnixSignalsSequence?
    private let logger: Logger

    /// - Parameter signals: The signals that ask for it; nil: SIGHUP, which is trapped when this runs.
    package init(
        _ settings: [ReloadableSetting], source: @escaping Source, signals: UnixSignalsSequence? = nil, logger: Logger
    ) {
        self.settings = settings
        self.source = source
        self.signals = signals
        self.logger = logger
    }

    /// Traps SIGHUP, which would end the process. A signal that arrives before ``run()`` is answered then.
    package static func signals() async -> UnixSignalsSequence { await UnixSignalsSequence(trapping: .sighup) }

    /// Runs until shutdown.
    package func run() async throws {
        var trapped = signals
        if trapped == nil { trapped = await Self.signals() }
        guard let trapped else { return }
        for await _ in trapped.cancelOnGracefulShutdown() { await reload() }
    }

    /// Reads everything once more.
    /// - Returns: Whether the new configuration is in use.
    @discardableResult
    package func reload() async -> Bool {
        var problems: [String] = []
        var changes: [(name: String, change: ReloadableSetting.Change)] = []
        do {
            let reader = try await source()
            for setting in settings {
                do {
                    if let change = try setting.prepare(reader) { changes.append((setting.name, change)) }
                } catch {
                    problems.append("\(error)")
                }
            }
        } catch {
            problems.append("\(error)")
        }
        guard problems.isEmpty else {
            logger.error(
                "The configuration was not changed, because the new one has mistakes",
                metadata: ["problems": .array(problems.map { "\($0)" })])
            return false
        }
        for change in changes { change.change() }
        logger.notice(
            "The configuration was read again", metadata: ["changed": .array(changes.map { "\($0.name)" })])
        return true
    }
}
