//! Names and cities of several countries, in their own scripts.

/// The names and cities of one country.
pub(super) struct People {
    pub(super) country: &'static str,
    pub(super) cities: &'static [&'static str],
    /// As written, and as in an e-mail address.
    pub(super) first: &'static [(&'static str, &'static str)],
    pub(super) last: &'static [(&'static str, &'static str)],
    /// Whether the last name comes first, with nothing between.
    pub(super) last_first: bool,
}

/// A country with two entries comes twice as often.
pub(super) const COUNTRIES: &[&People] = &[
    &BRITISH, &AMERICAN, &BRITISH, &AMERICAN, &FRENCH, &GERMAN, &POLISH, &LATVIAN, &SPANISH,
    &TURKISH, &GREEK, &UKRAINIAN, &EGYPTIAN, &CHINESE, &JAPANESE,
];

const BRITISH: People = People {
    country: "United Kingdom",
    cities: &["London", "Newcastle upon Tyne", "Stoke-on-Trent", "Cardiff", "St Andrews"],
    first: &[
        ("Alice", "alice"),
        ("George", "george"),
        ("Siân", "sian"),
        ("Oliver", "oliver"),
        ("Zoë", "zoe"),
    ],
    last: &[
        ("O'Sullivan", "osullivan"),
        ("Smith-Jones", "smith-jones"),
        ("MacLeod", "macleod"),
        ("Brontë", "bronte"),
    ],
    last_first: false,
};
const AMERICAN: People = People {
    country: "United States",
    cities: &["San Francisco", "New York", "Winston-Salem", "Coeur d'Alene", "Austin"],
    first: &[
        ("James", "james"),
        ("Mary Ann", "maryann"),
        ("Robert", "robert"),
        ("Shaquille", "shaquille"),
    ],
    last: &[
        ("Johnson", "johnson"),
        ("Van Buren", "vanburen"),
        ("D'Angelo", "dangelo"),
        ("Nguyen", "nguyen"),
    ],
    last_first: false,
};
const FRENCH: People = People {
    country: "France",
    cities: &["Saint-Étienne", "Paris", "Besançon", "L'Haÿ-les-Roses"],
    first: &[
        ("Hélène", "helene"),
        ("François", "francois"),
        ("Chloé", "chloe"),
        ("Jean-Luc", "jean-luc"),
    ],
    last: &[
        ("Lefèvre", "lefevre"),
        ("Dubois", "dubois"),
        ("de La Fontaine", "delafontaine"),
        ("Œuvrard", "oeuvrard"),
    ],
    last_first: false,
};
const GERMAN: People = People {
    country: "Germany",
    cities: &["München", "Köln", "Frankfurt (Oder)", "Görlitz"],
    first: &[("Jörg", "joerg"), ("Käthe", "kaethe"), ("Lukas", "lukas"), ("Süleyman", "sueleyman")],
    last: &[
        ("Müller", "mueller"),
        ("Weiß", "weiss"),
        ("von der Heide", "vonderheide"),
        ("Schröder", "schroeder"),
    ],
    last_first: false,
};
const POLISH: People = People {
    country: "Poland",
    cities: &["Kraków", "Łódź", "Świnoujście", "Gdańsk"],
    first: &[
        ("Łukasz", "lukasz"),
        ("Agnieszka", "agnieszka"),
        ("Małgorzata", "malgorzata"),
        ("Żaneta", "zaneta"),
    ],
    last: &[
        ("Wójcik", "wojcik"),
        ("Dąbrowska", "dabrowska"),
        ("Brzęczyszczykiewicz", "brzeczyszczykiewicz"),
    ],
    last_first: false,
};
const LATVIAN: People = People {
    country: "Latvia",
    cities: &["Rīga", "Liepāja", "Jēkabpils", "Cēsis"],
    first: &[("Jānis", "janis"), ("Līga", "liga"), ("Ņina", "nina"), ("Ģirts", "girts")],
    last: &[
        ("Bērziņš", "berzins"),
        ("Kalniņa", "kalnina"),
        ("Ozoliņš", "ozolins"),
        ("Šķēle", "skele"),
    ],
    last_first: false,
};
const SPANISH: People = People {
    country: "Spain",
    cities: &["A Coruña", "Málaga", "Donostia / San Sebastián", "Cádiz"],
    first: &[
        ("José María", "josemaria"),
        ("Begoña", "begona"),
        ("Íñigo", "inigo"),
        ("Lucía", "lucia"),
    ],
    last: &[
        ("Núñez", "nunez"),
        ("García Márquez", "garciamarquez"),
        ("Peña", "pena"),
        ("Ibáñez", "ibanez"),
    ],
    last_first: false,
};
const TURKISH: People = People {
    country: "Türkiye",
    cities: &["İstanbul", "Iğdır", "Şanlıurfa"],
    first: &[("İpek", "ipek"), ("Çağla", "cagla"), ("Işıl", "isil"), ("Oğuz", "oguz")],
    last: &[("Yılmaz", "yilmaz"), ("Şahin", "sahin"), ("Öztürk", "ozturk")],
    last_first: false,
};
const GREEK: People = People {
    country: "Greece",
    cities: &["Αθήνα", "Θεσσαλονίκη", "Πάτρα"],
    first: &[("Γιώργος", "giorgos"), ("Ελένη", "eleni"), ("Νίκος", "nikos")],
    last: &[("Παπαδόπουλος", "papadopoulos"), ("Οικονόμου", "oikonomou"), ("Βλάχος", "vlachos")],
    last_first: false,
};
const UKRAINIAN: People = People {
    country: "Ukraine",
    cities: &["Київ", "Львів", "Кам'янець-Подільський"],
    first: &[("Олена", "olena"), ("Їжак", "yizhak"), ("Дмитро", "dmytro")],
    last: &[("Шевченко", "shevchenko"), ("Коваль", "koval"), ("Ґудзь", "gudz")],
    last_first: false,
};
const EGYPTIAN: People = People {
    country: "Egypt",
    cities: &["القاهرة", "الإسكندرية", "أسوان"],
    first: &[("فاطمة", "fatima"), ("محمد", "mohamed"), ("يوسف", "youssef")],
    last: &[("عبد الرحمن", "abdelrahman"), ("المصري", "elmasry"), ("حسن", "hassan")],
    last_first: false,
};
const CHINESE: People = People {
    country: "China",
    cities: &["北京", "上海", "乌鲁木齐"],
    first: &[("伟", "wei"), ("秀英", "xiuying"), ("小龙", "xiaolong")],
    last: &[("王", "wang"), ("欧阳", "ouyang"), ("李", "li")],
    last_first: true,
};
const JAPANESE: People = People {
    country: "Japan",
    cities: &["東京", "さいたま市", "南アルプス市"],
    first: &[("さくら", "sakura"), ("太郎", "taro"), ("マリア", "maria")],
    last: &[("佐藤", "sato"), ("髙橋", "takahashi"), ("長谷川", "hasegawa")],
    last_first: true,
};
