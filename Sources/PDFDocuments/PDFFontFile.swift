#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The TrueType font that documents are set in.
package enum PDFFontFile {
    /// Where distributions put DejaVu Sans, which has the letters of Europe, the Caucasus, and the Near East.
    package static let usualPaths = [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
        "/usr/share/fonts/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/TTF/DejaVuSans.ttf",
    ]

    /// Tables without which libharu cannot use a font.
    private static let neededTables: Set<String> = [
        "OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post",
    ]

    /// The first of the usual paths where there is a font; nil when there is none.
    package static func find() -> String? { usualPaths.first(where: isUsable) }

    /// Whether a whole TrueType font stands there: the needed tables are listed and lie within the file.
    ///
    /// libharu 2.3 believes what a font says and crashes on one that is cut off, so it only gets those that pass.
    package static func isUsable(_ path: String) -> Bool {
        guard let file = fopen(path, "rb") else { return false }
        defer { fclose(file) }
        guard fseek(file, 0, SEEK_END) == 0 else { return false }
        let size = ftell(file)
        rewind(file)
        guard let header = read(12, from: file),
            header[0..<4] == [0, 1, 0, 0] || header[0..<4] == Array("true".utf8)[...],
            let directory = read(16 * (Int(header[4]) << 8 | Int(header[5])), from: file)
        else { return false }
        var tables: Set<String> = []
        for start in stride(from: 0, to: directory.count, by: 16) {
            let offset = number(directory[(start + 8)..<(start + 12)])
            let length = number(directory[(start + 12)..<(start + 16)])
            guard offset + length <= size else { return false }
            tables.insert(String(decoding: directory[start..<(start + 4)], as: UTF8.self))
        }
        return tables.isSuperset(of: neededTables)
    }

    private static func read(_ count: Int, from file: UnsafeMutablePointer<FILE>) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return fread(&bytes, 1, count, file) == count ? bytes : nil
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
