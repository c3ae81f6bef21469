import FoundationEssentials

/// The `.env` files that settings are read from. Variables of the first one win.
package enum EnvironmentFiles {
    static let names = [".env.docker", ".env.defaults"]

    /// The names of the variables of each file, in the files' order; none of a file that does not exist or cannot be read.
    /// - Parameter folder: Where the files are looked for.
    package static func variables(in folder: String = ".") -> [(file: String, names: [String])] {
        names.map { name in
            (name, (try? variables(of: name, in: folder))?.map(\.name) ?? [])
        }
    }

    /// The variables of one of the files with their values, which may be empty; none if the file does not exist.
    /// - Throws: When there is a file that cannot be read.
    static func variables(of file: String, in folder: String) throws -> [(name: String, value: String)] {
        do {
            return variables(of: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)")))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return []
        }
    }

    /// Reads lines of the form `NAME=value`, with comments between them. White space around names and values does not count.
    ///
    /// Configuration's own reader compares characters instead of bytes, which takes a fifth of a second for `.env.defaults`.
    private static func variables(of content: Data) -> [(name: String, value: String)] {
        Array(content).split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let end = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = line[..<end].withoutOuterSpaces
            guard let first = name.first, first != UInt8(ascii: "#") else { return nil }
            let value = line[(end + 1)...].withoutOuterSpaces
            return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without ASCII white space at both ends, which includes the carriage returns of files from Windows.
    fileprivate var withoutOuterSpaces: ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || (9...13).contains(byte) }
        guard let end = lastIndex(where: { !isSpace($0) }) else { return [] }
        return prefix(through: end).drop(while: isSpace)
    }
}
