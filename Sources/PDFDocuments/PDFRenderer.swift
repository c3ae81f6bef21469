import CHaru
import Synchronization

/// Makes PDF documents of one A4 page with libharu (Debian's libhpdf). Blocks while it draws, for some milliseconds.
///
/// libharu's document is no thread's own and no two threads' at once, so documents are made one after another. The font is
/// read when the first one is made, and kept.
package final class PDFRenderer: Sendable {
    /// A finished document.
    package struct Document: Sendable {
        /// The file.
        package let bytes: [UInt8]
        /// Whether it is set in the font that was asked for; if not, in one with the letters of Western Europe only.
        package let hasFont: Bool
    }

    // Unchecked: what the pointer leads to is only touched while the lock is held.
    private struct Workshop: @unchecked Sendable {
        let document: HPDF_Doc
        /// Name of the font in libharu; nil for the built-in one.
        let font: String?
    }

    private let fontPath: String?
    private let workshop = Mutex<Workshop?>(nil)

    /// - Parameter fontPath: A TrueType font; nil, and a file that is none, mean Helvetica, which every reader
    ///   of PDF has, and which has the letters of Western Europe.
    package init(fontPath: String?) { self.fontPath = fontPath }

    deinit { workshop.withLock { if let workshop = $0 { HPDF_Free(workshop.document) } } }

    /// Makes a document.
    /// - Parameters:
    ///   - title: Shown by readers as the window's title.
    ///   - draw: Draws the page.
    /// - Throws: ``PDFError`` when libharu fails: it is out of memory, or the font is broken.
    package func render(title: String, _ draw: (PDFCanvas) -> Void) throws(PDFError) -> Document {
        let outcome: Result<Document, PDFError> = workshop.withLock { kept in
            do throws(PDFError) {
                let workshop = if let open = kept { open } else { try open() }
                kept = workshop
                return .success(try page(title: title, workshop, draw))
            } catch {
                // What state libharu is in after an error is not known.
                if let workshop = kept { HPDF_Free(workshop.document) }
                kept = nil
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func open() throws(PDFError) -> Workshop {
        guard let document = HPDF_New(nil, nil) else { throw PDFError(code: 0, detail: 0) }
        guard let fontPath, PDFFontFile.isUsable(fontPath), HPDF_UseUTFEncodings(document) == HPDF_OK,
            let name = HPDF_LoadTTFontFromFile(document, fontPath, HPDF_BOOL(HPDF_TRUE))
        else {
            HPDF_ResetError(document)
            return Workshop(document: document, font: nil)
        }
        return Workshop(document: document, font: String(cString: name))
    }

    private func page(
        title: String, _ workshop: Workshop, _ draw: (PDFCanvas) -> Void
    ) throws(PDFError) -> Document {
        let document = workshop.document
        // Ends the document but keeps the font.
        defer { HPDF_FreeDoc(document) }
        try check(document, HPDF_NewDoc(document))
        try check(document, HPDF_SetCompressionMode(document, HPDF_UINT(HPDF_COMP_ALL)))
        // Readers take the bytes of a title for PDFDocEncoding, which agrees with ASCII.
        HPDF_SetInfoAttr(document, HPDF_INFO_TITLE, String(title.unicodeScalars.filter(\.isASCII).map(Character.init)))
        let font =
            workshop.font.map { HPDF_GetFont(document, $0, "UTF-8") }
            ?? HPDF_GetFont(document, "Helvetica", "WinAnsiEncoding")
        guard let font, let page = HPDF_AddPage(document) else { throw failure(document) }
        HPDF_Page_SetSize(page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT)
        draw(
            PDFCanvas(
                page: page, typeface: PDFTypeface(font: font, encoding: workshop.font == nil ? .western : .unicode)))
        // Errors of drawing stay in the document.
        try check(document, HPDF_GetError(document))
        try check(document, HPDF_SaveToStream(document))
        return Document(bytes: try contents(document), hasFont: workshop.font != nil)
    }

    private func contents(_ document: HPDF_Doc) throws(PDFError) -> [UInt8] {
        let size = Int(HPDF_GetStreamSize(document))
        HPDF_ResetStream(document)
        var read = HPDF_UINT32(size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            HPDF_ReadFromStream(document, buffer.baseAddress, &read)
            count = Int(read)
        }
        guard bytes.count == size, size > 0 else { throw failure(document) }
        return bytes
    }

    private func check(_ document: HPDF_Doc, _ status: HPDF_STATUS) throws(PDFError) {
        guard status == HPDF_STATUS(HPDF_OK) else { throw failure(document) }
    }

    private func failure(_ document: HPDF_Doc) -> PDFError {
        PDFError(code: UInt(HPDF_GetError(document)), detail: UInt(HPDF_GetErrorDetail(document)))
    }
}
