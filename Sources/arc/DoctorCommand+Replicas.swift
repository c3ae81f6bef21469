import PostgresClient

/// Asks the replicas of a service's database, as the service does.
struct ReplicaExamination: Sendable {
    /// How often they are asked: how far one is behind is known from the second time on.
    private static let rounds = 20
    private static let pause = Duration.milliseconds(200)

    private let examination: Examination

    init(_ examination: Examination) { self.examination = examination }

    /// How many there are; throws which cannot be used, and why.
    func run() async throws -> String {
        let reader = try examination.reader()
        guard let configuration = try ReplicaConfiguration(reader: reader) else { return "none" }
        let replicas = ReadReplicas(
            configuration, primary: try PostgresConfiguration(reader: reader), logger: examination.logger)
        let reports = try await CommandSupport.closing({ await replicas.shutdown() }) { () -> [ReadReplicas.Report] in
            for _ in 0..<Self.rounds {
                await replicas.check()
                let isDecided = replicas.reports.allSatisfy { $0.standing != .lagging && $0.standing != .unknown }
                if isDecided { break }
                try await Task.sleep(for: Self.pause)
            }
            return replicas.reports
        }
        let unusable = reports.filter { $0.standing != .usable }
        guard unusable.isEmpty else {
            throw CommandFailure(
                description: unusable.map { "\($0.address) is left out: \($0.standing.rawValue)" }
                    .joined(separator: ", "))
        }
        return "\(reports.count) usable"
    }
}
