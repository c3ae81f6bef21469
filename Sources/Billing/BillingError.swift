/// Why a billing computation is refused. Nothing is ever rounded, clamped or guessed instead.
package enum BillingError: String, Error, Sendable, Hashable, CustomStringConvertible {
    /// A currency code that is not three ASCII letters.
    case invalidCurrency = "a currency code has three letters"
    /// Text that is not a decimal number.
    case invalidAmount = "not a decimal number"
    /// An amount with more decimals than its currency has, such as 10.50 JPY or 0.001 USD.
    case tooManyDecimals = "the amount has more decimals than the currency"
    /// A result that does not fit.
    case overflow = "the amount is too large"
    /// Two amounts of different currencies in one computation.
    case currencyMismatch = "amounts of different currencies"
    /// A fraction with the denominator zero.
    case divisionByZero = "division by zero"
    /// Shares that are negative, or all zero, or none.
    case invalidShares = "shares must be positive"
    /// Text or numbers that are no date of the calendar.
    case invalidDate = "not a date of the calendar"
    /// A date before the year 1 or after the year 9999.
    case dateOutOfRange = "the date is outside the years 1 to 9999"
    /// A cycle's unit that is not day, week, month or year.
    case invalidCycleUnit = "the unit of a billing cycle is day, week, month or year"
    /// A cycle's duration outside 1...9999.
    case invalidCycleDuration = "the duration of a billing cycle is 1 to 9999"
    /// An anchor day outside 1...31, or one for a cycle of days or weeks.
    case invalidAnchorDay = "the anchor day is 1 to 31, for cycles of months or years"
    /// A period that does not end after its start.
    case invalidPeriod = "a period ends after its start"
    /// A part that does not lie within its whole.
    case outsidePeriod = "the date is outside the period"
    /// A quantity below zero.
    case invalidQuantity = "the quantity must not be negative"

    /// Short, without the data that was refused.
    package var description: String { rawValue }
}
