import Entities
import Logging
import PDFDocuments
import PostgresClient
import ServiceKit
import ServiceLifecycle
import Synchronization

/// The logos of issued invoices, by their hash. The configured one is stored as soon as the database answers, so that documents look the
/// same after it was replaced.
final class SellerLogoStore: Service {
    private let pool: PostgresPool
    /// The configured one.
    private let logo: SellerLogo?
    private let logger: Logger
    private let isStored = Mutex(false)

    private static let interval = Duration.seconds(10)

    init(pool: PostgresPool, logo: SellerLogo?, logger: Logger) {
        self.pool = pool
        self.logo = logo
        self.logger = logger
    }

    func run() async {
        await PeriodicWork.run("seller_logo", every: Self.interval) {
            do { try await self.store() } catch {
                self.logger.warning("The logo of invoices could not be stored", metadata: ["error": "\(error)"])
            }
        }
    }

    private func store() async throws(PostgresError) {
        guard let logo, !isStored.withLock({ $0 }) else { return }
        _ = try await pool.query(
            Self.storing, [.text(logo.hash), .bytes(logo.image.bytes)], settings: TenantScope.everyTenant)
        isStored.withLock { $0 = true }
    }

    /// The file with a hash; nil if it is not known.
    func image(_ hash: String) async throws(PostgresError) -> [UInt8]? {
        if let logo, logo.hash == hash { return logo.image.bytes }
        return try await pool.query(Self.reading, [.text(hash)], settings: TenantScope.everyTenant, as: .read).first?
            .bytes(0)
    }

    private static let storing: PostgresStatement = """
        INSERT INTO main.seller_logos (sha256, content) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING
        """
    private static let reading: PostgresStatement = "SELECT content FROM main.seller_logos WHERE sha256 = $1"
}
