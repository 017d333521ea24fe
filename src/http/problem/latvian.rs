//! Problems in Latvian, for callers whose `Accept-Language` prefers it.
//!
//! Every kind has a title. A kind whose detail always says the same also has a detail; where the English detail names
//! what is wrong this time, it stays, because a translation that leaves that out would help nobody.

use serde_json::Value;

use super::document::FieldError;
use super::kind::ProblemKind;

/// The title of each kind, and what to do where that is always the same.
const WORDS: &[(ProblemKind, &str, Option<&str>)] = &[
    (ProblemKind::InvalidRequest, "Pieprasījums nav derīgs", None),
    (ProblemKind::InvalidCursor, "Kursors vai skaita ierobežojums nav derīgs", None),
    (ProblemKind::InvalidMembers, "Dalībnieki nav derīgi; segments nav mainīts", None),
    (
        ProblemKind::Unauthenticated,
        "Vajadzīgs derīgs piekļuves marķieris",
        Some("Pierakstieties vēlreiz."),
    ),
    (
        ProblemKind::Forbidden,
        "Jūsu loma to neatļauj",
        Some("Lūdziet administratoram lomu vai kopīgot savienojumu ar līdzautoriem."),
    ),
    (
        ProblemKind::SecondPersonNeeded,
        "Izpilde jāapstiprina citam cilvēkam",
        Some(
            "Lūdziet to apstiprināt kādam, kas izpildi nav sācis, nav veidojis tās iestatījumus un nav \
                    augšupielādējis tās dalībniekus.",
        ),
    ),
    (
        ProblemKind::NotFound,
        "Nav atrasts",
        Some("Pārbaudiet adresi. Tas, iespējams, ir noņemts vai pieder citai instancei."),
    ),
    (ProblemKind::MethodNotAllowed, "Šī adrese nepieņem šo metodi", None),
    (ProblemKind::NotAcceptable, "Neviens no pieņemtajiem satura tipiem nav pieejams", None),
    (
        ProblemKind::RequestTimeout,
        "Saturs netika saņemts laikā",
        Some("Sūtiet to vēlreiz pa ātrāku savienojumu."),
    ),
    (
        ProblemKind::NameTaken,
        "Parādāmais nosaukums jau tiek lietots",
        Some("Izvēlieties citu parādāmo nosaukumu."),
    ),
    (
        ProblemKind::ConnectionInUse,
        "Savienojumu lieto eksporti",
        Some("Vispirms atvienojiet vai noņemiet eksportus, kas to lieto."),
    ),
    (ProblemKind::ConnectionNotConnected, "Savienojums nav savienots", None),
    (ProblemKind::ChannelInUse, "Kanālu izmanto brīdinājumu noteikums", None),
    (ProblemKind::AlertResolved, "Brīdinājums ir beidzies", None),
    (ProblemKind::SegmentInUse, "Segmentu lieto eksporti", None),
    (
        ProblemKind::SegmentsChanged,
        "Pēc tam, kad izpilde dalībniekus izlasīja, ir augšupielādēti citi",
        Some("Sāciet izpildi vēlreiz: tās plāns skaitīs dalībniekus, kādi tie ir tagad."),
    ),
    (
        ProblemKind::ExportInactive,
        "Eksportam nav savienojuma",
        Some("Vispirms pievienojiet eksportam savienojumu."),
    ),
    (
        ProblemKind::RunAlreadyOpen,
        "Eksportam jau ir atvērta izpilde",
        Some("Pagaidiet, līdz tā beidzas, vai atceliet to."),
    ),
    (
        ProblemKind::RunEnded,
        "Izpilde jau beigusies",
        Some("Nekas nav jādara: to vairs nevar atcelt."),
    ),
    (
        ProblemKind::RunNotEnded,
        "Izpilde vēl nav beigusies",
        Some("Pagaidiet, līdz izpilde beidzas."),
    ),
    (ProblemKind::RunNotVerifiable, "Šo izpildi vairs nevar pārbaudīt", None),
    (
        ProblemKind::VerificationOpen,
        "Izpilde jau tiek pārbaudīta",
        Some("Pagaidiet, līdz šī pārbaude beidzas."),
    ),
    (
        ProblemKind::NotAwaitingApproval,
        "Izpilde negaida apstiprinājumu",
        Some("Kāds jau izlēma, vai izpilde beigusies. Nekas nav jādara."),
    ),
    (
        ProblemKind::PlanChanged,
        "Izpildes plāns ir mainījies",
        Some("Izlasiet jauno plānu un izlemiet vēlreiz."),
    ),
    (
        ProblemKind::InstancePaused,
        "Instance ir apturēta",
        Some("Lūdziet administratoram atsākt sūtīšanu."),
    ),
    (
        ProblemKind::QuotaExceeded,
        "Instancei jau ir tik daudz, cik drīkst būt",
        Some(
            "Noņemiet to, kas nevienam nav vajadzīgs, vai lūdziet operatoram palielināt ierobežojumu.",
        ),
    ),
    (
        ProblemKind::IdempotencyKeyReused,
        "Idempotences atslēga jau lietota citam pieprasījumam",
        Some("Sūtiet jaunu atslēgu vai atkārtojiet pirmo pieprasījumu bez izmaiņām."),
    ),
    (
        ProblemKind::Removed,
        "Detaļu glabāšanas termiņš ir beidzies",
        Some("Nekas nav jādara: paliek tikai izpildes skaitļi."),
    ),
    (
        ProblemKind::Changed,
        "Kopš izlasījāt, tas ir mainīts",
        Some("Izlasiet to vēlreiz un atkārtojiet izmaiņas ar jauno versiju."),
    ),
    (ProblemKind::TooLarge, "Saturs ir pārāk liels", None),
    (ProblemKind::UnsupportedMediaType, "Satura tips netiek atbalstīts", None),
    (ProblemKind::Unprocessable, "Pieprasījums ir pareizi veidots, bet tā saturs nav derīgs", None),
    (ProblemKind::ConsentRequired, "Nepieciešama piekrišana datu nodošanai", None),
    (
        ProblemKind::RateLimited,
        "Pārāk daudz izsaukumu īsā laikā",
        Some("Sauciet retāk. Mēģiniet vēlreiz pēc `Retry-After` sekundēm."),
    ),
    (
        ProblemKind::TooManyRequests,
        "Pārāk daudz vienlaicīgu izsaukumu",
        Some("Mēģiniet vēlreiz pēc `Retry-After` sekundēm."),
    ),
    (
        ProblemKind::Internal,
        "Mūsu pusē radās kļūda",
        Some("Mēģiniet vēlreiz. Ja tas atkārtojas, nosūtiet šo `traceId` operatoram."),
    ),
    (ProblemKind::DestinationRefused, "Campaign Monitor noraidīja izsaukumu", None),
    (
        ProblemKind::PreviewTooLong,
        "Priekšskatījums aizņēma pārāk daudz laika",
        Some("Priekšskatiet mazāk segmentu vai sāciet izpildi: tai nav laika ierobežojuma."),
    ),
    (ProblemKind::RegistrationTooLong, "Dalībnieku lasīšana aizņēma pārāk daudz laika", None),
    (
        ProblemKind::EncryptionKeyMissing,
        "Iestatījumos trūkst šifrēšanas atslēgas",
        Some(
            "Lūdziet operatoram atkal iestatīt iepriekšējo atslēgu vai ievadiet piekļuves datus vēlreiz.",
        ),
    ),
    (
        ProblemKind::OauthNotConfigured,
        "Pierakstīšanās Campaign Monitor nav iestatīta",
        Some("Lietojiet API atslēgu vai lūdziet operatoram to iestatīt."),
    ),
    (
        ProblemKind::Unavailable,
        "Daļa pakalpojuma nav pieejama",
        Some("Mēģiniet vēlreiz pēc `Retry-After` sekundēm."),
    ),
    (
        ProblemKind::DestinationUnavailable,
        "Campaign Monitor nav sasniedzams",
        Some("Mēģiniet vēlreiz vēlāk: Campaign Monitor ir lēns, nav pieejams vai lūdz pauzi."),
    ),
];

/// The kind of problem, and what to do where that is always the same. A kind without words keeps its English title.
pub(super) fn words(kind: ProblemKind) -> (&'static str, Option<&'static str>) {
    let row = WORDS.iter().find(|(known, ..)| *known == kind);
    row.map_or((kind.title(), None), |(_, title, detail)| (title, *detail))
}

/// What is wrong at a pointer, where its code says all of it.
pub(super) fn message(error: &FieldError) -> Option<String> {
    let what = match error.pointer.as_str() {
        "" => "Pieprasījuma saturs".to_owned(),
        pointer => format!("`{pointer}`"),
    };
    let value = |name: &str| match error.params.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
        None => None,
    };
    let of_value = match (error.code, value("key"), value("max"), value("minutes")) {
        ("unknownCustomField", Some(key), ..) => Some(format!("sarakstam nav lauka “{key}”")),
        ("repeatedCustomField", Some(key), ..) => {
            Some(format!("lauks “{key}” jau ir piesaistīts; piesaistiet katru tikai vienu reizi"))
        }
        ("tooMany", _, Some(max), _) => Some(format!("drīkst būt ne vairāk kā {max}")),
        ("wrongNumber" | "outOfRange", _, Some(max), _) => Some(format!("jābūt no 1 līdz {max}")),
        ("tooClose", .., Some(minutes)) => {
            Some(format!("starp eksporta izpildēm jābūt vismaz {minutes} minūtēm"))
        }
        _ => None,
    };
    if let Some(predicate) = of_value {
        return Some(format!("{what}: {predicate}."));
    }
    let predicate = match error.code {
        "missing" => "nav norādīts, bet ir vajadzīgs",
        "unknownMember" => "šeit nav zināms",
        "wrongType" => "nav īstā tipa",
        "repeated" => "ir norādīts atkārtoti; norādiet katru tikai vienu reizi",
        "consentRequired" => {
            "jābūt `true`: izlasiet datu privātuma un atbilstības tekstu un piekrītiet tam"
        }
        "otherTextVersion" => {
            "ir cita teksta versija: kopš tas parādīts, teksts ir mainījies; izlasiet to vēlreiz un piekrītiet \
                jaunajam"
        }
        "notOfThisKind" => "pie šī veida neder; noņemiet to",
        "neverComes" => "nekad neiestājas; pārbaudiet dienu un mēnesi",
        "unknownConnection" => {
            "šādu savienojumu nevar izmantot: tā nav vai tas nav ar jums kopīgots"
        }
        "unknownSegment" => "šāda segmenta instancē nav",
        "unknownExport" => "šāda eksporta instancē nav",
        "unknownList" => "šāda saraksta Campaign Monitor kontā nav",
        _ => return None,
    };
    Some(format!("{what}: {predicate}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_title_of_its_own() {
        let titles: std::collections::HashSet<_> =
            WORDS.iter().map(|(_, title, _)| title).collect();
        assert_eq!(titles.len(), WORDS.len());
        for kind in ProblemKind::ALL {
            assert!(WORDS.iter().any(|(known, ..)| known == kind), "{kind:?} has no title");
        }
    }
}
