//! The floors of the house. A room imports only from floors below its own; docs/ARCHITECTURE.md draws the same table.

/// The rooms of each floor, from the ground up.
pub const FLOORS: &[(u32, &[&str])] = &[
    (
        1,
        &[
            "wire.rs",
            "names.rs",
            "params.rs",
            "secrets.rs",
            "backoff.rs",
            "slots.rs",
            "ed25519.rs",
            "life.rs",
            "steps/",
            "outbound/",
            "storage/",
            "campaign_monitor/",
            "telemetry/",
            "identity/",
        ],
    ),
    (2, &["db/"]),
    (3, &["config/", "queue/", "audit/"]),
    (4, &["app.rs", "schedules/"]),
    (5, &["connections/", "segments/", "pauses/", "channels/", "processes/", "erasures/"]),
    (6, &["exports/", "baselines/"]),
    (7, &["runs/", "tickets/", "verifications/", "feedback/"]),
    (
        8,
        &[
            "refreshes/",
            "records/",
            "http/",
            "receipts/",
            "alerts/",
            "people/",
            "expectations/",
            "overview/",
            "row_logs/",
        ],
    ),
    (9, &["worker/", "upkeep/", "api/"]),
    (10, &["server/"]),
    (11, &["service/"]),
    (12, &["sandbox/", "sample/"]),
    (13, &["demo/"]),
    (14, &["commands/"]),
    (15, &["main.rs"]),
];

/// It declares the rooms and is none.
pub const DECLARES: &str = "src/lib.rs";

/// The room of a file: a folder of `src` (`db/`), or a file in it (`wire.rs`).
pub fn room(path: &str) -> &str {
    let path = path.trim_start_matches("src/");
    path.find('/').map_or(path, |end| &path[..=end])
}

pub fn floor(room: &str) -> Option<u32> {
    FLOORS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(floor, _)| *floor)
}
