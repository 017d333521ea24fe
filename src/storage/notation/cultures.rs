//! Which cultures are known, and how they write days and numbers: the short forms of .NET, of Windows and of ICU.
//!
//! What differs between those (the numbers of `en-ZA` and `fr-CH`, the days of `es-US` and `mt-MT`) and what has
//! another calendar (`ar-SA`, `fa-IR`, `th-TH`) is not here: nothing is guessed.

/// What stands first; behind a year the month, else the year at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Day,
    Month,
    Year,
}

/// How a culture writes days.
#[derive(Clone, Copy)]
pub(super) struct Days {
    pub(super) order: Order,
    /// One of these stands between the numbers.
    pub(super) marks: &'static str,
}

/// The marks that may stand between the thousands of a culture that has a comma before the fraction.
#[derive(Clone, Copy)]
pub(super) struct Groups(pub(super) &'static str);

const DAYS: [(Order, &str, &str); 7] = [
    (Order::Month, "/", "en en-US en-PH es-PA es-PR fil fil-PH"),
    (
        Order::Day,
        "/-",
        "en-AU en-GB en-HK en-IE en-IN en-MT en-NZ en-SG fr fr-BE fr-FR fr-LU fr-MC es es-AR es-BO es-CL es-CO es-CR \
         es-CU es-DO es-EC es-ES es-GT es-HN es-MX es-NI es-PE es-PY es-SV es-UY es-VE it it-IT pt pt-BR pt-PT ca \
         ca-ES gl gl-ES el el-CY el-GR cy-GB ga-IE vi vi-VN id id-ID ms ms-MY nl-BE zh-HK",
    ),
    (
        Order::Day,
        ".",
        "de de-AT de-CH de-DE de-LI de-LU fr-CH it-CH az be be-BY bg bg-BG bs cs cs-CZ et et-EE fi fi-FI hr hr-HR hy \
         is is-IS ka kk kk-KZ lv lv-LV mk mk-MK nb nb-NO nn nn-NO no pl pl-PL ro ro-MD ro-RO ru ru-RU sk sk-SK sl \
         sl-SI sr tr tr-TR uk uk-UA",
    ),
    (Order::Day, "-", "nl nl-NL"),
    (Order::Day, ".-", "da da-DK"),
    (Order::Day, "./", "he he-IL"),
    (
        Order::Year,
        "-/.",
        "af af-ZA en-CA en-ZA eu eu-ES fr-CA hu hu-HU ja ja-JP ko ko-KR lt lt-LT sv sv-SE zh zh-CN zh-TW",
    ),
];

/// Those that have a comma before the fraction. A blank is any of those that people use there.
const GROUPS: [(&str, &str); 3] = [
    (
        ".",
        "de de-DE de-LU es es-AR es-BO es-CL es-CO es-EC es-ES es-PY es-UY es-VE it it-IT nl nl-BE nl-NL da da-DK \
         tr tr-TR el el-CY el-GR id id-ID pt pt-BR ro ro-MD ro-RO hr hr-HR sl sl-SI bs sr is is-IS ca ca-ES gl \
         gl-ES vi vi-VN eu eu-ES mk mk-MK az",
    ),
    (
        " ",
        "fr fr-CA fr-FR fr-MC ru ru-RU uk uk-UA be be-BY pl pl-PL cs cs-CZ sk sk-SK bg bg-BG et et-EE fi fi-FI nb \
         nb-NO nn nn-NO no lv lv-LV lt lt-LT sv sv-SE hu hu-HU kk kk-KZ",
    ),
    (". ", "de-AT fr-BE fr-LU pt-PT"),
];

pub(super) fn days(culture: &str) -> Option<Days> {
    let (order, marks, _) = DAYS.iter().find(|(.., names)| has(names, culture))?;
    Some(Days { order: *order, marks })
}

pub(super) fn groups(culture: &str) -> Option<Groups> {
    GROUPS.iter().find(|(_, names)| has(names, culture)).map(|(marks, _)| Groups(marks))
}

fn has(names: &str, culture: &str) -> bool {
    let culture = culture.trim().replace('_', "-");
    names.split_whitespace().any(|name| name.eq_ignore_ascii_case(&culture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_culture_has_one_line_and_no_more() {
        let days: Vec<&str> =
            DAYS.iter().flat_map(|(.., names)| names.split_whitespace()).collect();
        let groups: Vec<&str> =
            GROUPS.iter().flat_map(|(_, names)| names.split_whitespace()).collect();
        for names in [&days, &groups] {
            let mut once = names.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), names.len());
        }
        assert!(groups.iter().all(|name| days.contains(name)), "a culture with numbers has days");
    }

    #[test]
    fn the_page_about_storage_lists_all_of_them() {
        let page = include_str!("../../../docs/STORAGE.md");
        let lines =
            DAYS.iter().map(|(.., names)| names).chain(GROUPS.iter().map(|(_, names)| names));
        for names in lines {
            assert!(page.contains(&format!("| {names} |")), "{names}");
        }
    }

    #[test]
    fn a_culture_is_found_by_its_whole_name_and_no_other_is_taken_for_it() {
        for name in ["de-DE", "DE-de", "de_DE", " de "] {
            assert!(days(name).is_some() && groups(name).is_some(), "{name}");
        }
        for name in ["de-XX", "d", "", "ar-SA", "th-TH", "German", "en-US-POSIX", "de en"] {
            assert!(days(name).is_none() && groups(name).is_none(), "{name}");
        }
        for name in ["en-US", "en-GB", "de-CH", "fr-CH", "en-ZA", "ja-JP", "es-MX"] {
            assert!(days(name).is_some() && groups(name).is_none(), "{name}");
        }
    }
}
