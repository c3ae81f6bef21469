package import Foundation

/// The committed inputs: one file each, in a folder for each target.
package struct FuzzCorpus: Sendable {
    package let folder: URL

    package init(_ folder: URL) { self.folder = folder }

    /// The corpus of this source tree.
    package static let committed = FuzzCorpus(
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/fuzz"))

    /// The inputs of a target, in the order of their names.
    package func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
        let place = folder.appendingPathComponent(target.name)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
        return try names.map { Array(try Data(contentsOf: place.appendingPathComponent($0))) }
    }

    /// The folders that it has.
    package func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) }
}
