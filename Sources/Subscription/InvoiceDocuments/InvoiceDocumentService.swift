import Billing
import Crypto
import EInvoicing
import Entities
import FoundationEssentials
import JSONCoding
import Logging
import NIOCore
import PDFDocuments
import Primitives
import ServicePlatform

/// Documents of invoices and credit notes. They are drawn on each request. Of an issued document the hash of the first drawing is kept,
/// to prove that the file is still the same.
struct InvoiceDocumentService: Sendable {
    let repository: InvoiceDocumentRepository
    let logos: SellerLogoStore
    let printer: DocumentPrinter
    let logger: Logger

    /// A file with its name.
    struct File: Sendable {
        let name: String
        let bytes: ByteBuffer
    }

    /// The document as PDF.
    /// - Throws: ``InvoiceError/notFound``, ``InvoiceError/notBillable``, `PrintingError`.
    func pdf(_ id: Identifier, _ kind: BillingDocument.Kind, in scope: TenantScope) async throws -> File {
        let document = try await document(id, kind, in: scope)
        var drawing = try document.pdf(fontFamily: printer.fontFamily)
        drawing.logo = try await logo(of: document)
        let bytes = Self.adding(
            document, named: drawing.title, to: try await printer.draw(drawing, kind: kind.rawValue, id: id))
        let file = File(name: Self.name(of: document, "pdf"), bytes: bytes)
        guard document.number != nil else { return file }
        let hash = Hex.encode(SHA256.hash(data: Data(bytes.readableBytesView)))
        let kept = try await repository.hash(of: id, tenant: document.tenant, drawn: hash, in: scope)
        if kept != hash {
            logger.warning(
                "A document differs from its first drawing: fonts, libraries or this program have changed",
                metadata: ["document": "\(kind.rawValue)", "id": "\(id)", "first": "\(kept)", "now": "\(hash)"])
        }
        return file
    }

    /// The image that the document was issued with; empty for none.
    private func logo(of document: BillingDocument) async throws -> [UInt8] {
        guard let hash = document.sellerDetails["logo"]?.stringValue else { return [] }
        if let image = try await logos.image(hash) { return image }
        logger.warning(
            "A document is drawn without its logo, which is not stored",
            metadata: ["id": "\(document.id)", "logo": "\(hash)"])
        return []
    }

    /// The file with the data of the invoice attached, as Factur-X describes it; unchanged if the data are incomplete.
    private static func adding(_ document: BillingDocument, named title: String, to file: ByteBuffer) -> ByteBuffer {
        guard let invoice = try? document.electronic(), let xml = try? CrossIndustryDocument(invoice).xml() else {
            return file
        }
        let attachment = PDFAttachment(
            name: FacturX.fileName, content: Array(xml.utf8),
            metadata: FacturX.metadata(title: "\(title) \(invoice.number)"), date: invoice.issuedOn.description)
        return attachment.added(to: Array(file.readableBytesView)).map { ByteBuffer(bytes: $0) } ?? file
    }

    /// A form of electronic invoices.
    enum Format: String, Sendable, CaseIterable {
        case ubl
        case facturX = "factur-x.xml"
    }

    /// The document as an electronic invoice of EN 16931.
    /// - Throws: ``InvoiceError/notFound``, ``InvoiceError/incomplete(_:)``.
    func electronic(
        _ id: Identifier, _ kind: BillingDocument.Kind, as format: Format, in scope: TenantScope
    ) async throws -> File {
        let document = try await document(id, kind, in: scope)
        let invoice = try document.electronic()
        let xml =
            switch format {
            case .ubl: try UBLDocument(invoice).xml()
            case .facturX: try CrossIndustryDocument(invoice).xml()
            }
        return File(
            name: Self.name(of: document, format == .ubl ? "xml" : "cii.xml"), bytes: ByteBuffer(string: xml))
    }

    /// - Throws: ``InvoiceError/notFound``, ``InvoiceError/notBillable``.
    func document(
        _ id: Identifier, _ kind: BillingDocument.Kind, in scope: TenantScope
    ) async throws -> BillingDocument {
        let json =
            switch kind {
            case .invoice: try await repository.invoice(id, in: scope)
            case .creditNote: try await repository.creditNote(id, in: scope)
            }
        guard let json else { throw InvoiceError.notFound }
        return try BillingDocument(json, kind)
    }

    /// A name that is valid in every file system and header.
    static func name(of document: BillingDocument, _ ending: String) -> String {
        let kind = document.kind == .invoice ? "invoice" : "credit-note"
        // Numbers that another installation has given may contain any character.
        let number = (document.number ?? document.id.description).map { character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
        }
        return "\(kind)-\(String(number)).\(ending)"
    }
}
