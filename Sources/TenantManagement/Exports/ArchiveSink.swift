import Crypto
import FoundationEssentials
import Primitives
import WorkQueue

/// Rows of a table, as JSON texts.
struct ExportedTable: Sendable {
    let table: String
    let isShared: Bool
    var rows: [String]
}

/// An archive under construction: what is full goes to the database.
struct ArchiveSink {
    /// An archive that is larger than it may be.
    struct TooLarge: PermanentFailure {
        let limit: Int
        var reason: String { "the archive is larger than \(limit) bytes (EXPORT_MAXIMUM_MEGABYTES)" }
    }

    private let work: ExportWork
    private let repository: ExportRepository
    private let maximumSize: Int
    private let seconds: Int64
    private var hasher = SHA256()
    private var size = 0
    private var chunks = 0
    private var pending: [UInt8] = []
    private(set) var files: [ArchiveManifest.File] = []

    init(work: ExportWork, repository: ExportRepository, maximumSize: Int, now: Timestamp) {
        self.work = work
        self.repository = repository
        self.maximumSize = maximumSize
        seconds = now.microseconds / 1_000_000
    }

    /// Adds the rows of a table, a line each.
    mutating func add(_ table: ExportedTable, of service: String) async throws {
        let content = Array((table.rows.joined(separator: "\n") + "\n").utf8)
        let name = "\(service)/\(table.table).jsonl"
        files.append(
            ArchiveManifest.File(
                name: name, content: content, service: service, table: table.table, rows: table.rows.count,
                isShared: table.isShared))
        try await append(TarArchive.entry(name, content, seconds: seconds))
    }

    /// Adds a document.
    mutating func add(_ name: String, _ content: [UInt8]) async throws {
        files.append(ArchiveManifest.File(name: name, content: content))
        try await append(TarArchive.entry(name, content, seconds: seconds))
    }

    /// Begins a file whose content and padding are appended afterwards.
    mutating func begin(_ name: String, size: Int, sha256: String) async throws {
        files.append(ArchiveManifest.File(name: name, size: size, sha256: sha256))
        try await append(TarArchive.header(name, size: size, seconds: seconds))
    }

    /// Adds the manifest and ends the archive.
    mutating func finish(_ manifest: ArchiveManifest) async throws -> FinishedExport {
        try await append(TarArchive.entry(ArchiveManifest.name, manifest.json, seconds: seconds))
        try await append(TarArchive.end)
        if !pending.isEmpty { try await store(pending) }
        return FinishedExport(size: size, sha256: Hex.encode(Array(hasher.finalize())))
    }

    mutating func append(_ bytes: [UInt8]) async throws {
        size += bytes.count
        guard size <= maximumSize else { throw TooLarge(limit: maximumSize) }
        hasher.update(data: Data(bytes))
        pending += bytes
        // What was stored is removed once at the end: removing each chunk would move all that follows it.
        var stored = 0
        while pending.count - stored >= ExportRepository.chunkSize {
            try await store(Array(pending[stored..<stored + ExportRepository.chunkSize]))
            stored += ExportRepository.chunkSize
        }
        pending.removeFirst(stored)
    }

    private mutating func store(_ chunk: [UInt8]) async throws {
        try await repository.store(chunk: chunks, chunk, of: work)
        chunks += 1
    }
}
