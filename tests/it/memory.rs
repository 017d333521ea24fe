//! The memory of a process: it sets its allocator for itself, whoever starts it.

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_process_bounds_its_memory_under_the_same_id_unless_its_environment_has_other_bounds() {
    let mut app = TestApp::start().await;
    let without = ["env", "-u", "MALLOC_ARENA_MAX", "-u", "MALLOC_MMAP_THRESHOLD_"];
    let chosen = [&without[..], &["MALLOC_ARENA_MAX=4"]].concat();
    for (launcher, arenas, threshold) in [(&without[..], "2", true), (&chosen, "4", false)] {
        app.start_process_by(launcher).await;
        let environment = format!("/proc/{}/environ", app.process_id());
        let environment = std::fs::read_to_string(environment).unwrap();
        let has = |setting: &str| environment.split('\0').any(|one| one == setting);
        assert!(has(&format!("MALLOC_ARENA_MAX={arenas}")), "{environment}");
        assert_eq!(has("MALLOC_MMAP_THRESHOLD_=131072"), threshold, "{environment}");
        app.kill_process().await;
    }
}
