//! The list of routes: every endpoint of an instance, in the order of the documentation.

use super::register::Register;
use crate::api::{
    alerts, audit, channels, connections, erasures, exports, instance, operator, people, refreshes,
    runs, schedules, segments,
};

pub fn of_instance(config: &mut impl Register) {
    set_up(config);
    watch(config);
}

/// What operators see, over all instances.
pub fn of_operator(config: &mut impl Register) {
    config
        .service(operator::overview::get_overview)
        .service(operator::instances::list_observed_instances)
        .service(operator::runs::list_observed_runs);
}

/// What people set up and run.
fn set_up(config: &mut impl Register) {
    config
        .service(connections::handlers::list_connections)
        .service(connections::handlers::create_connection)
        .service(connections::handlers::get_connection)
        .service(connections::handlers::update_connection)
        .service(connections::handlers::delete_connection)
        .service(connections::handlers::set_credentials)
        .service(connections::consent::get_consent_text)
        .service(connections::sign_in::authorize_connection)
        .service(connections::export_user::add_export_user)
        .service(connections::export_user::remove_export_user)
        .service(connections::verify::verify_connection)
        .service(connections::lists::browse_lists)
        .service(connections::lists::get_list)
        .service(connections::new_list::create_list)
        .service(connections::new_field::create_field)
        .service(exports::of_connection::list_connection_exports)
        .service(exports::of_connection::detach_connection);
    of_segments_and_exports(config);
    of_runs(config);
}

fn of_segments_and_exports(config: &mut impl Register) {
    config
        .service(segments::handlers::list_segments)
        .service(segments::handlers::get_segment)
        .service(segments::handlers::put_segment)
        .service(segments::handlers::update_segment)
        .service(segments::handlers::delete_segment)
        .service(segments::inspecting::inspect_segment)
        .service(segments::members::get_members)
        .service(segments::upload::put_members)
        .service(exports::of_segment::list_segment_exports)
        .service(exports::handlers::list_exports)
        .service(exports::handlers::create_export)
        .service(exports::handlers::get_export)
        .service(exports::handlers::update_export)
        .service(exports::handlers::delete_export)
        .service(exports::handlers::duplicate_export)
        .service(exports::attach::detach_export)
        .service(exports::attach::attach_export)
        .service(exports::preview::preview_draft)
        .service(exports::preview::preview_export)
        .service(exports::known_members::list_known_members)
        .service(exports::test_record::test_export)
        .service(exports::schedules::set_export_schedule)
        .service(exports::schedules::change_schedules)
        .service(exports::expectations::list_expectations)
        .service(exports::runs::start_run)
        .service(exports::runs::run_all_exports);
}

fn of_runs(config: &mut impl Register) {
    config
        .service(runs::handlers::list_runs)
        .service(runs::handlers::get_run)
        .service(runs::cancel::cancel_run)
        .service(runs::approval::get_plan)
        .service(runs::approval::approve_run)
        .service(runs::approval::decline_run)
        .service(runs::events::follow_run)
        .service(runs::event_ticket::issue_event_ticket)
        .service(runs::rejections::list_batches)
        .service(runs::rejections::list_rejections)
        .service(runs::value_problems::list_value_problems)
        .service(runs::timeline::get_timeline)
        .service(runs::requests::list_requests)
        .service(runs::receipt::get_receipt)
        .service(runs::verifications::start_verification)
        .service(runs::verifications::list_verifications)
        .service(runs::differences::list_differences)
        .service(people::search::search_people)
        .service(people::feedback::list_feedback)
        .service(people::readmissions::list_readmissions)
        .service(people::readmissions::put_readmission)
        .service(people::readmissions::delete_readmission)
        .service(schedules::handlers::get_schedule)
        .service(schedules::handlers::put_schedule)
        .service(refreshes::handlers::report_refresh)
        .service(instance::handlers::get_instance)
        .service(instance::retention::get_retention)
        .service(instance::handlers::pause_instance)
        .service(instance::handlers::resume_instance);
}

/// What shows them that something needs them, and who did what.
fn watch(config: &mut impl Register) {
    config
        .service(erasures::handlers::start_erasure)
        .service(erasures::handlers::list_erasures)
        .service(erasures::handlers::get_erasure)
        .service(erasures::receipt::get_erasure_receipt)
        .service(erasures::tombstones::lift_tombstones)
        .service(channels::handlers::list_channels)
        .service(channels::handlers::create_channel)
        .service(channels::handlers::get_channel)
        .service(channels::update::update_channel)
        .service(channels::handlers::delete_channel)
        .service(channels::test::test_channel)
        .service(channels::secret::replace_secret)
        .service(channels::deliveries::list_deliveries)
        .service(channels::deliveries::resend_delivery)
        .service(alerts::rules::get_alert_rules)
        .service(alerts::rules::put_alert_rules)
        .service(alerts::export_rules::get_export_alert_rules)
        .service(alerts::export_rules::put_export_alert_rules)
        .service(alerts::handlers::list_alerts)
        .service(alerts::handlers::get_alert)
        .service(alerts::handlers::acknowledge_alert)
        .service(audit::handlers::list_audit_events);
}
