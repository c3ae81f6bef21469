import Crypto
import FoundationEssentials
import PDFDocuments
import Primitives

/// The logo of a seller. Invoices keep its hash, and are drawn with the image that the hash names, whatever the logo is by then.
struct SellerLogo: Sendable, Hashable {
    /// A PNG file.
    let image: PNGFile
    /// SHA-256 of the file, in hexadecimal digits.
    let hash: String

    /// Reads a file.
    /// - Parameters:
    ///   - path: From the root, or from `folder`.
    ///   - folder: Where the description of the seller is.
    /// - Throws: ``InvoiceSeller/Mistake``.
    init(file path: String, in folder: String) throws(InvoiceSeller.Mistake) {
        let place = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: place)) else {
            throw InvoiceSeller.Mistake(pointer: "/logo", reason: "cannot be read: \(place)")
        }
        do {
            image = try PNGFile(Array(data))
        } catch {
            throw InvoiceSeller.Mistake(pointer: "/logo", reason: "\(error)")
        }
        hash = Hex.encode(SHA256.hash(data: data))
    }
}
