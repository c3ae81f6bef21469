private import Glibc
private import Synchronization

/// Keeps the records of the running children in a file, and stops what an earlier, killed `arc up` left behind.
package final class ProcessRegistry: Sendable {
    private let path: String
    private let records = Mutex<[ProcessRecord]>([])

    /// - Parameter path: the file; its folder exists.
    package init(path: String) {
        self.path = path
    }

    /// Remembers a child that was just started. A file that can't be written costs only the cleaning.
    package func add(_ name: String, _ processIdentifier: Int32) {
        guard let start = Self.startTime(processIdentifier), let boot = Self.boot() else { return }
        let record = ProcessRecord(name: name, processIdentifier: processIdentifier, startTime: start, boot: boot)
        update { $0.append(record) }
    }

    /// Forgets a child that has ended.
    package func remove(_ processIdentifier: Int32) {
        update { $0.removeAll { $0.processIdentifier == processIdentifier } }
    }

    /// Stops every recorded process that still runs, the last started first. Call it with the home's lock held.
    /// - Returns: the names of those that were stopped.
    package func stopLeftovers() async throws(LocalStackError) -> [String] {
        let lines = try FileSystem.read(path)?.split(separator: "\n") ?? []
        let leftovers = lines.compactMap { ProcessRecord(line: $0) }.reversed().filter(Self.isRunning)
        for record in leftovers {
            for step in ShutdownPlan.leftover(isPostgres: record.name == ProcessRecord.postgresName).steps {
                guard Self.isRunning(record) else { break }
                _ = kill(record.processIdentifier, step.signal.number)
                await Self.waitForEnd(record, atMost: step.share)
            }
            guard Self.isRunning(record) else { continue }
            _ = kill(-record.processIdentifier, SIGKILL)
            await Self.waitForEnd(record, atMost: .seconds(5))
        }
        update { $0 = [] }
        return leftovers.map(\.name)
    }

    /// Whether the very process of the record still runs.
    package static func isRunning(_ record: ProcessRecord) -> Bool {
        guard record.boot == boot(), let stat = stat(record.processIdentifier) else { return false }
        return ProcessRecord.startTime(stat: stat) == record.startTime && !ProcessRecord.isZombie(stat: stat)
    }

    private static func waitForEnd(_ record: ProcessRecord, atMost limit: Duration) async {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while isRunning(record), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func update(_ change: (inout [ProcessRecord]) -> Void) {
        records.withLock { records in
            change(&records)
            try? FileSystem.replace(path, with: records.map { $0.line + "\n" }.joined())
        }
    }

    private static func stat(_ processIdentifier: Int32) -> String? {
        (try? FileSystem.read("/proc/\(processIdentifier)/stat")) ?? nil
    }

    private static func startTime(_ processIdentifier: Int32) -> UInt64? {
        stat(processIdentifier).flatMap(ProcessRecord.startTime(stat:))
    }

    private static func boot() -> String? {
        ((try? FileSystem.read("/proc/sys/kernel/random/boot_id")) ?? nil)?.split(separator: "\n").first.map(
            String.init)
    }
}
