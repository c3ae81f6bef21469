import Logging
import PostgresClient
import Primitives

/// Whether the clock of this machine agrees with the one of the database.
struct ClockExamination: Sendable {
    private let examination: Examination

    /// The largest difference that tokens and signatures tolerate.
    private static let largestSkew = Duration.seconds(2)

    init(_ examination: Examination) { self.examination = examination }

    func run() async throws -> String {
        let configuration = try PostgresConfiguration(reader: try examination.reader())
        let pool = PostgresPool(configuration: configuration, logger: examination.logger)
        let (before, theirs, after) = try await CommandSupport.closing({ await pool.shutdown() }) {
            // The connection is made first, so that the time it takes is not measured.
            _ = try await pool.query("SELECT 1")
            let before = SystemClock().now()
            let result = try await pool.query("SELECT clock_timestamp()")
            guard let row = result.first else { throw CommandFailure(description: "there was no response") }
            return (before, try row.timestamp(0), SystemClock().now())
        }
        let distance = max(before.duration(since: theirs), theirs.duration(since: after))
        guard distance <= Self.largestSkew else {
            throw CommandFailure(description: "the clocks of the database and of this machine differ by \(distance)")
        }
        return "same as the clock of the database"
    }
}
