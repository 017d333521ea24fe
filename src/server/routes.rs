//! The list of routes: every endpoint of an instance, in the order of the documentation.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{audit, connections, exports, refreshes, runs, schedules, segments};

/// Adds every endpoint of an instance.
pub fn of_instance(config: &mut ServiceConfig<'_>) {
    config
        .service(connections::api::list_connections)
        .service(connections::api::create_connection)
        .service(connections::api::get_connection)
        .service(connections::api::update_connection)
        .service(connections::api::delete_connection)
        .service(connections::api::set_credentials)
        .service(connections::sign_in::authorize_connection)
        .service(connections::export_user::add_export_user)
        .service(connections::export_user::remove_export_user)
        .service(connections::verify::verify_connection)
        .service(connections::lists::browse_lists)
        .service(connections::lists::get_list)
        .service(connections::api::list_connection_exports)
        .service(connections::api::detach_connection)
        .service(segments::api::list_segments)
        .service(segments::api::get_segment)
        .service(segments::api::put_segment)
        .service(segments::api::delete_segment)
        .service(segments::members::get_members)
        .service(segments::members::put_members)
        .service(segments::api::list_segment_exports)
        .service(exports::api::list_exports)
        .service(exports::api::create_export)
        .service(exports::api::get_export)
        .service(exports::api::update_export)
        .service(exports::api::delete_export)
        .service(exports::api::duplicate_export)
        .service(exports::attach::detach_export)
        .service(exports::attach::attach_export)
        .service(exports::preview::preview_export)
        .service(schedules::api::set_export_schedule)
        .service(schedules::api::change_schedules)
        .service(exports::runs::start_run)
        .service(exports::runs::run_all_exports)
        .service(runs::api::list_runs)
        .service(runs::api::get_run)
        .service(runs::api::cancel_run)
        .service(runs::events::follow_run)
        .service(runs::rejections::list_batches)
        .service(runs::rejections::list_rejections)
        .service(schedules::api::get_schedule)
        .service(schedules::api::put_schedule)
        .service(refreshes::api::report_refresh)
        .service(audit::api::list_audit_events);
}
