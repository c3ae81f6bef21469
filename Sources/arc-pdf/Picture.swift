import CPango
import PDFDocuments

/// A decoded image, ready to be drawn.
final class Picture {
    let surface: OpaquePointer
    let width: Double
    let height: Double

    /// - Returns: nil for what is not an image of the allowed size.
    init?(_ bytes: [UInt8]) {
        guard let file = try? PNGFile(bytes) else { return nil }
        let source = Source(file.bytes)
        let decoded = withExtendedLifetime(source) {
            cairo_image_surface_create_from_png_stream(
                { closure, data, count in
                    guard let closure, let data else { return CAIRO_STATUS_READ_ERROR }
                    let source = Unmanaged<Source>.fromOpaque(closure).takeUnretainedValue()
                    return source.read(UnsafeMutableBufferPointer(start: data, count: Int(count)))
                        ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_READ_ERROR
                }, Unmanaged.passUnretained(source).toOpaque())
        }
        guard let decoded else { return nil }
        guard cairo_surface_status(decoded) == CAIRO_STATUS_SUCCESS else {
            cairo_surface_destroy(decoded)
            return nil
        }
        surface = decoded
        width = Double(file.width)
        height = Double(file.height)
    }

    deinit { cairo_surface_destroy(surface) }
}

/// Hands out the bytes of a file.
private final class Source {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// - Returns: `false` when there are not so many bytes.
    func read(_ target: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        guard rest.count >= target.count else { return false }
        _ = target.update(fromContentsOf: rest.prefix(target.count))
        rest = rest.dropFirst(target.count)
        return true
    }
}
