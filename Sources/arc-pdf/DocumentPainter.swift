import CPango
import PDFDocuments

/// Makes a file of a document.
enum DocumentPainter {
    /// What draws, with its version.
    static var engine: String {
        "Pango \(String(cString: pango_version_string())), Cairo \(String(cString: cairo_version_string()))"
    }

    static func draw(_ document: PDFDocument) -> Result<Drawing, DrawingFailure> {
        let logo = Picture(document.logo)
        guard logo != nil || document.logo.isEmpty else {
            return .failure(DrawingFailure(description: "the logo is not an image of the allowed size"))
        }
        let sink = FileSink()
        let surface = cairo_pdf_surface_create_for_stream(
            { closure, data, count in
                guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
                let sink = Unmanaged<FileSink>.fromOpaque(closure).takeUnretainedValue()
                return sink.append(UnsafeBufferPointer(start: data, count: Int(count)))
                    ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR
            }, Unmanaged.passUnretained(sink).toOpaque(), Canvas.width, Canvas.height)
        guard let surface, let cairo = cairo_create(surface) else {
            return .failure(DrawingFailure(description: "out of memory"))
        }
        defer {
            cairo_destroy(cairo)
            cairo_surface_destroy(surface)
        }
        let title = PrintableText.clean("\(document.title) \(document.subtitle)")
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "arc")
        // Without it Cairo writes the time of drawing, and no two files of one document would be the same.
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, document.created)
        let canvas = Canvas(cairo: cairo, language: document.language, family: document.fontFamily)
        let pages = DocumentLayout(document, logo: logo, on: canvas).draw()
        cairo_surface_finish(surface)
        for status in [cairo_status(cairo), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
            return .failure(DrawingFailure(description: String(cString: cairo_status_to_string(status))))
        }
        return .success(Drawing(bytes: sink.bytes, pages: pages, missing: canvas.missing.scripts))
    }
}

/// Collects the file.
private final class FileSink {
    private(set) var bytes: [UInt8] = []

    /// - Returns: `false` when the file becomes too large.
    func append(_ more: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count + more.count <= PDFLimits.fileBytes else { return false }
        bytes.append(contentsOf: more)
        return true
    }
}
