//! Problems in Latvian, for callers whose `Accept-Language` prefers it.
//!
//! Every kind has a title. A kind whose detail always says the same also has a detail; where the English detail names
//! what is wrong this time, it stays, because a translation that leaves that out would help nobody.

use super::document::FieldError;
use super::kind::ProblemKind;
use crate::params::Params;

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
    (ProblemKind::ChannelInactive, "Kanāls ir izslēgts", None),
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

/// What is wrong at a pointer, by its code and its values. The first sentence of a code whose values are all there is
/// said; one without values says only what it can.
const SENTENCES: &[(&str, &str)] = &[
    (
        "consentRequired",
        "jābūt `true`: izlasiet datu privātuma un atbilstības tekstu un piekrītiet tam",
    ),
    ("contradictoryWord", "vārds “{word}” nozīmē gan jā, gan nē; atstājiet to vienā no abiem"),
    ("invalid", "jābūt vienam no: {choices}"),
    ("invalid", "jābūt no {min} līdz {max} rakstzīmēm"),
    ("invalid", "drīkst būt ne vairāk kā {max} rakstzīmju"),
    ("missing", "nav norādīts, bet ir vajadzīgs; jābūt vienam no: {choices}"),
    ("missing", "nav norādīts, bet ir vajadzīgs"),
    (
        "needlessFormat",
        "laukā “{field}” datos ir skaitļi, tāpēc formāts nav vajadzīgs; noņemiet to",
    ),
    ("neverComes", "nekad neiestājas; pārbaudiet dienu un mēnesi"),
    ("notOfThisKind", "pie šī veida neder; noņemiet to"),
    (
        "otherTextVersion",
        "ir cita teksta versija: kopš tas parādīts, teksts ir mainījies; izlasiet to vēlreiz un piekrītiet jaunajam",
    ),
    ("outOfRange", "jābūt no {min} līdz {max}"),
    (
        "profileLimitExceeded",
        "segmentos profilu skaits ir {selected}, bet eksportā drīkst būt ne vairāk kā {max}",
    ),
    ("repeated", "ir norādīts atkārtoti; norādiet katru tikai vienu reizi"),
    (
        "repeatedCustomField",
        "lauks “{key}” jau ir piesaistīts; piesaistiet katru tikai vienu reizi",
    ),
    ("repeatedRule", "veidam `{kind}` ir divi noteikumi; atstājiet vienu"),
    ("sameFlag", "abas vērtības ir vienādas; izvēlieties atšķirīgas"),
    ("tooClose", "starp eksporta izpildēm jābūt vismaz {minutes} minūtēm"),
    ("tooMany", "drīkst būt ne vairāk kā {max}"),
    ("unknownChannel", "kanāla {channelId} instancē nav"),
    ("unknownConnection", "šādu savienojumu nevar izmantot: tā nav vai tas nav ar jums kopīgots"),
    ("unknownCustomField", "sarakstam nav lauka “{key}”; varbūt domājāt “{near}”"),
    ("unknownCustomField", "sarakstam nav lauka “{key}”"),
    ("unknownExport", "šāda eksporta instancē nav"),
    ("unknownList", "šāda saraksta Campaign Monitor kontā nav"),
    ("unknownMember", "šeit nav zināms; var būt: {members}"),
    ("unknownOption", "laukam nav opcijas “{value}”; ir: {options}"),
    ("unknownSegment", "segmenta “{segment}” instancē nav"),
    ("unsuitedCustomField", "saraksta lauks “{key}” neder; vajadzīgs teksts vai izvēle no opcijām"),
    ("wrongNumber", "jābūt no {min} līdz {max}"),
];

/// What is wrong at a pointer, where its code and its values say all of it.
pub(super) fn message(error: &FieldError) -> Option<String> {
    let what = match error.pointer.as_str() {
        "" => "Pieprasījuma saturs".to_owned(),
        pointer => format!("`{pointer}`"),
    };
    let mut of_code = SENTENCES.iter().filter(|(code, _)| *code == error.code);
    let predicate = of_code.find_map(|(_, sentence)| filled(sentence, &error.params))?;
    Some(format!("{what}: {predicate}."))
}

/// A sentence with its values; `None` where one is missing.
fn filled(sentence: &str, params: &Params) -> Option<String> {
    let mut parts = sentence.split('{');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        text.push_str(&params.get(name)?.to_string());
        text.push_str(rest);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::field_code::params_of;
    use super::*;

    #[test]
    fn sentences_name_values_that_their_codes_have() {
        for (code, sentence) in SENTENCES {
            let known = params_of(code).unwrap_or_else(|| panic!("there is no code {code}"));
            let all = known.iter().fold(Params::default(), |all, name| all.with(name, "7"));
            assert!(filled(sentence, &all).is_some(), "{code}: {sentence}");
        }
    }

    #[test]
    fn a_sentence_whose_values_are_missing_gives_way_to_one_without() {
        let error = FieldError::new("/key", "unknownCustomField", "…").with("key", "ctiy");
        assert_eq!(message(&error).unwrap(), "`/key`: sarakstam nav lauka “ctiy”.");
        let error = error.with("near", "city");
        let hint = "`/key`: sarakstam nav lauka “ctiy”; varbūt domājāt “city”.";
        assert_eq!(message(&error).unwrap(), hint);
        assert_eq!(message(&FieldError::new("/key", "unknownCustomField", "…")), None);
    }

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
