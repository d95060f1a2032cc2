package demolake

// Names as people have them: with accents, apostrophes, hyphens, and in other scripts.
var (
	firstNames = []string{
		"Anna", "Ben", "Chloé", "David", "Elif", "Émile", "Fatima", "Finn", "Françoise", "Giulia", "Hannah", "Hiroshi",
		"Ida", "Ingrid", "İpek", "Jens", "João", "José", "Jürgen", "Kaja", "Katarzyna", "Lars", "Léa", "Liam", "Łukasz",
		"Maëlle", "Márta", "Mia", "Mohammed", "Niamh", "Noah", "Nuño", "Olga", "Øyvind", "Paul", "Priya", "Quentin",
		"René", "Rosa", "Sakura", "Seán", "Sofia", "Søren", "Thảo", "Tomáš", "Ulrike", "Václav", "Wei", "Xavier",
		"Yūki", "Zoë", "美咲", "健太", "Мария", "Иван", "Ελένη",
	}
	lastNames = []string{
		"Andersson", "Bauer", "Bianchi", "Çelik", "Costa", "D'Angelo", "de la Cruz", "Dubois", "Ferreira", "Fischer",
		"García", "Gómez", "Großmann", "Hansen", "Hughes", "Ivanova", "Jensen", "Jørgensen", "Kovács", "Kowalski",
		"Krüger", "Lefèvre", "Li", "Lopes", "Martin", "Meyer-Schmidt", "Müller", "Nakamura", "Nguyễn", "Nowak",
		"O'Brien", "Ólafsdóttir", "Papadopoulos", "Patel", "Pérez", "Peña", "Rossi", "Sato", "Schäfer", "Şahin", "Silva",
		"Smith", "Świątek", "Tanaka", "van den Berg", "Weiß", "Williams", "Yılmaz", "Žukauskas", "佐藤", "Петров", "Παππάς",
	}
	adjectives = []string{
		"Compact", "Cordless", "Deluxe", "Foldable", "Heavy-Duty", "Insulated", "Mini", "Organic", "Pocket", "Quiet",
		"Rechargeable", "Recycled", "Slim", "Stainless", "Vintage", "Waterproof", "Wireless", "XL",
	}
	// productNouns belong to the category of the same index.
	productNouns = [][]string{
		{"Espresso Machine", "Kettle", "Chef's Knife", "Crêpe Pan", "Fondue Set", "Thermos 0,7 l", "Mandoline"},
		{"Headphones", "USB-C Dock", "Monitor 27\"", "Keyboard", "Router", "E-Reader", "Webcam"},
		{"Desk Lamp", "Bookshelf", "Armchair", "Rug, Handwoven", "Wall Clock", "Mirror", "Side Table"},
		{"Tent", "Sleeping Bag", "Trekking Poles", "Kayak", "Headlamp", "Daypack 25 l", "Hammock"},
		{"Face Cream", "Shampoo Bar", "Sun Lotion, SPF 50", "Soap \"Savon Noir\"", "Hand Balm"},
		{"Building Blocks", "Jigsaw, 1000 Pieces", "Plush Bär", "Card Game", "Kite", "Chess Set"},
	}
	categories = []string{"Kitchen", "Electronics", "Home & Living", "Outdoor", "Beauty", "Toys"}
	notes      = []string{
		"leave at the door", "Bitte beim Nachbarn abgeben", "gift, please wrap", "call before delivery, please",
		"says \"urgent\"", "Rez-de-chaussée, code 4711", "second floor,\nring twice", "配達は午後にお願いします", "fragile; handle with care",
		"line one\r\nline two, with comma", "\"quoted\" from start", "N/A", "  leading and trailing  ", "São Paulo office – 3º andar",
	}
	coupons = []string{"WELCOME10", "SPRING5", "FREESHIP", "VIP20", "ÉTÉ15"}
)
