/// Words that names of tenants and people are made of.
enum SampleWords {
    static let adjectives = [
        "Alpine", "Amber", "Arctic", "Autumn", "Blue", "Bright", "Cedar", "Central", "Clear", "Coastal", "Copper",
        "Coral", "Crystal", "Eastern", "Emerald", "First", "Golden", "Grand", "Green", "Harbor", "High", "Iron",
        "Ivory",
        "Lake", "Lunar", "Maple", "Meadow", "Modern", "Northern", "Noble", "Oak", "Open", "Pacific", "Prime", "Quiet",
        "Rapid", "River", "Royal", "Silver", "Solar", "Southern", "Stone", "Summit", "Sunny", "True", "United", "Urban",
        "Valley", "Western", "Winter",
    ]
    static let nouns = [
        "Analytics", "Apparel", "Bakery", "Bank", "Brewing", "Clinics", "Consulting", "Dairy", "Dental", "Design",
        "Energy", "Farms", "Finance", "Fitness", "Foods", "Freight", "Gallery", "Garden", "Health", "Hotels",
        "Insurance", "Labs", "Legal", "Logistics", "Machines", "Marine", "Media", "Metals", "Motors", "Optics",
        "Outfitters", "Paper", "Partners", "Pharmacy", "Plastics", "Press", "Properties", "Robotics", "Schools",
        "Security", "Software", "Solutions", "Steel", "Studios", "Supply", "Systems", "Textiles", "Tools", "Transport",
        "Travel",
    ]
    static let legalForms = ["", " Ltd", " Inc", " GmbH", " LLC", " SA", " AB", " BV"]
    static let firstNames = [
        "Ada", "Amir", "Ana", "Ben", "Chen", "Clara", "David", "Elif", "Emma", "Farid", "Grace", "Hana", "Ines", "Ivan",
        "Jonas", "Kira", "Lea", "Leo", "Lin", "Mara", "Maya", "Nils", "Noor", "Olga", "Omar", "Paul", "Priya", "Rosa",
        "Sara", "Tom", "Uma", "Yuki",
    ]
    static let lastNames = [
        "Adams", "Ahmed", "Bauer", "Brown", "Chen", "Costa", "Diaz", "Dubois", "Fischer", "Garcia", "Gupta", "Hansen",
        "Ito", "Jensen", "Johnson", "Kaya", "Kim", "Kowalski", "Larsen", "Lopez", "Martin", "Meyer", "Nguyen", "Novak",
        "Okafor", "Patel", "Rossi", "Sato", "Silva", "Smith", "Weber", "Young",
    ]
    /// City, state, country.
    static let places: [(city: String, state: String, country: String)] = [
        ("Amsterdam", "Noord-Holland", "NL"), ("Austin", "Texas", "US"), ("Barcelona", "Catalonia", "ES"),
        ("Berlin", "Berlin", "DE"), ("Boston", "Massachusetts", "US"), ("Chennai", "Tamil Nadu", "IN"),
        ("Chicago", "Illinois", "US"), ("Copenhagen", "Hovedstaden", "DK"), ("Delhi", "Delhi", "IN"),
        ("Dublin", "Leinster", "IE"), ("Hamburg", "Hamburg", "DE"), ("Leeds", "Yorkshire", "GB"),
        ("London", "Greater London", "GB"), ("Lyon", "Rhône", "FR"), ("Madrid", "Madrid", "ES"),
        ("Milan", "Lombardy", "IT"), ("Oslo", "Oslo", "NO"), ("Paris", "Île-de-France", "FR"),
        ("Porto", "Norte", "PT"), ("Pune", "Maharashtra", "IN"), ("Seattle", "Washington", "US"),
        ("Stockholm", "Stockholm", "SE"), ("Vienna", "Vienna", "AT"), ("Zürich", "Zürich", "CH"),
    ]
    static let streets = [
        "Bridge Street", "Church Lane", "Main Street", "Market Square", "Mill Road", "Park Avenue", "Station Road",
    ]
    static let tiers = ["BASIC", "STANDARD", "PREMIUM"]
}
