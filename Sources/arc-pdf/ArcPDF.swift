import CPango
import CProcess
import JSONCoding
import PDFDocuments

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Draws PDF documents for the services: reads a document from standard input, answers on standard output, and so on
/// until the input ends. A program apart, because text layout needs large C libraries and reads what strangers wrote.
@main
enum ArcPDF {
    /// Memory, shared libraries and font files included.
    private static let addressSpace: UInt64 = 1 << 30
    private static let descriptors: UInt64 = 64
    /// Of one document; the service's deadline is a little longer.
    private static let processorSeconds: UInt64 = 8
    /// Of the whole process.
    private static let totalProcessorSeconds: UInt64 = 3600

    static func main() {
        guard isatty(STDIN_FILENO) == 0 else {
            report("arc-pdf draws invoices for `arc serve tenant-management`, which starts it when needed.")
            exit(64)
        }
        let failure = process_confine(addressSpace, descriptors, totalProcessorSeconds)
        guard failure == 0 else {
            report("cannot limit resources: \(String(cString: strerror(failure)))")
            exit(71)
        }
        let channel = FrameChannel(input: STDIN_FILENO, output: STDOUT_FILENO)
        channel.write(PDFReply.ready(engine: DocumentPainter.engine).jsonBytes())
        while let request = channel.read(limit: PDFLimits.documentBytes) {
            _ = process_set_processor_budget(processorSeconds)
            switch draw(request) {
            case .success(let drawing):
                channel.write(PDFReply.drawn(pages: drawing.pages, missing: drawing.missing).jsonBytes())
                channel.write(drawing.bytes)
            case .failure(let failure):
                channel.write(PDFReply.failed(reason: failure.description).jsonBytes())
            }
        }
    }

    private static func draw(_ request: [UInt8]) -> Result<Drawing, DrawingFailure> {
        let document: PDFDocument
        do { document = try PDFDocument(try JSONValue.parse(request)) } catch {
            return .failure(DrawingFailure(description: "\(error)"))
        }
        return DocumentPainter.draw(document)
    }

    private static func report(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// A finished file.
struct Drawing {
    let bytes: [UInt8]
    let pages: Int
    let missing: [MissingScript]
}

/// Why a document was not drawn.
struct DrawingFailure: Error, CustomStringConvertible {
    let description: String
}
