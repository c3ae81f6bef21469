/// A business document that is laid out on A4 pages: headings, a recipient, facts, and one table with totals.
///
/// It says what is printed, not where: only the renderer knows fonts, so only it can break lines and pages.
package struct PDFDocument: Sendable, Hashable {
    /// A label and its value.
    package struct Field: Sendable, Hashable {
        package var label: String
        package var value: String

        package init(_ label: String, _ value: String) {
            self.label = label
            self.value = value
        }
    }

    /// A short text on a colored ground, such as "PAID".
    package struct Badge: Sendable, Hashable {
        /// What the color says.
        package enum Tone: String, Sendable, Hashable, CaseIterable {
            case neutral, positive, negative
        }

        package var text: String
        package var tone: Tone

        package init(_ text: String, tone: Tone) {
            self.text = text
            self.tone = tone
        }
    }

    /// Whom the document is addressed to.
    package struct Recipient: Sendable, Hashable {
        package var label: String
        package var name: String
        /// The address; at most ``PDFLimits/addressLines`` are printed.
        package var lines: [String]

        package init(label: String, name: String, lines: [String]) {
            self.label = label
            self.name = name
            self.lines = lines
        }
    }

    /// Rows of text below column titles that are repeated on every page.
    package struct Table: Sendable, Hashable {
        /// The last column is aligned right, the others left unless they say otherwise.
        package struct Column: Sendable, Hashable {
            package var title: String
            /// Its part of the width; the shares of all columns are added up and compared.
            package var share: Double
            /// Whether its cells are aligned right, as amounts are.
            package var isAmount: Bool

            package init(_ title: String, share: Double, isAmount: Bool = false) {
                self.title = title
                self.share = share
                self.isAmount = isAmount
            }
        }

        /// What a page that is not the last one carries over to the next.
        package struct Carried: Sendable, Hashable {
            /// Below the last row of a page.
            package var label: String
            /// Above the first row of the next page.
            package var broughtLabel: String
            /// The sum through each row, as it is printed; as many as there are rows.
            package var sums: [String]

            package init(label: String, broughtLabel: String, sums: [String]) {
                self.label = label
                self.broughtLabel = broughtLabel
                self.sums = sums
            }
        }

        package var columns: [Column]
        /// Cells by row; a row may be shorter than `columns`.
        package var rows: [[String]]
        /// Printed below the last row; the last one is emphasized.
        package var totals: [Field]
        /// Nil if pages carry nothing over.
        package var carried: Carried?

        package init(columns: [Column], rows: [[String]], totals: [Field], carried: Carried? = nil) {
            self.columns = columns
            self.rows = rows
            self.totals = totals
            self.carried = carried
        }
    }

    /// The heading, such as "Invoice"; repeated on every page.
    package var title: String
    /// Below the heading, such as the number.
    package var subtitle: String
    package var badge: Badge
    /// Who it is from, printed above the recipient; nil for nobody.
    package var sender: Recipient?
    package var recipient: Recipient
    package var facts: [Field]
    package var table: Table
    /// Paragraphs below the totals, such as the terms of payment.
    package var notes: [String]
    /// Left of the page number.
    package var footer: String
    /// The date in the file's properties, as `2026-01-05T10:00:00Z`. The same document always makes the same bytes, so
    /// this is never the time of drawing.
    package var created: String
    /// BCP 47 tag that decides how Han characters look, which differs between Japanese, Korean and Chinese.
    package var language: String
    /// Font family that is preferred to the built-in list; empty for none.
    package var fontFamily: String
    /// The color of the heading as `#1a2b3c`; empty for none. One that is too light to read on white paper is ignored.
    package var accent: String
    /// A PNG file that is drawn above the heading of the first page; empty for none.
    package var logo: [UInt8]

    package init(
        title: String, subtitle: String, badge: Badge, recipient: Recipient, facts: [Field], table: Table,
        footer: String, created: String, language: String = "en", fontFamily: String = "", sender: Recipient? = nil,
        notes: [String] = [], accent: String = "", logo: [UInt8] = []
    ) {
        self.title = title
        self.subtitle = subtitle
        self.badge = badge
        self.recipient = recipient
        self.facts = facts
        self.table = table
        self.footer = footer
        self.created = created
        self.language = language
        self.fontFamily = fontFamily
        self.sender = sender
        self.notes = notes
        self.accent = accent
        self.logo = logo
    }
}

/// What the renderer accepts and produces at most.
package enum PDFLimits {
    /// Bytes of a document in the renderer's protocol, which has two digits for each byte of an image.
    package static let documentBytes = (1 << 20) + 2 * imageBytes
    /// Bytes of an image.
    package static let imageBytes = 128 << 10
    /// Pixels of each side of an image.
    package static let imageSide = 2000
    /// Bytes of a finished file.
    package static let fileBytes = 32 << 20
    /// Bytes of a reply's description.
    package static let replyBytes = 64 << 10
    /// Characters (Unicode scalars) that are printed of one text.
    package static let textLength = 2000
    /// The most that a seller can have.
    package static let addressLines = 9
    package static let facts = 12
    package static let totals = 12
    package static let columns = 8
    package static let notes = 12
}
