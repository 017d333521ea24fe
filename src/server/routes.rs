//! The list of routes: every endpoint of an instance, in the order of the documentation.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::{audit, connections, exports, refreshes, runs, schedules, segments};

pub fn of_instance(config: &mut ServiceConfig<'_>) {
    config
        .service(connections::handlers::list_connections)
        .service(connections::handlers::create_connection)
        .service(connections::handlers::get_connection)
        .service(connections::handlers::update_connection)
        .service(connections::handlers::delete_connection)
        .service(connections::handlers::set_credentials)
        .service(connections::sign_in::authorize_connection)
        .service(connections::export_user::add_export_user)
        .service(connections::export_user::remove_export_user)
        .service(connections::verify::verify_connection)
        .service(connections::lists::browse_lists)
        .service(connections::lists::get_list)
        .service(exports::of_connection::list_connection_exports)
        .service(exports::of_connection::detach_connection)
        .service(segments::handlers::list_segments)
        .service(segments::handlers::get_segment)
        .service(segments::handlers::put_segment)
        .service(segments::handlers::update_segment)
        .service(segments::handlers::delete_segment)
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
        .service(exports::preview::preview_export)
        .service(exports::schedules::set_export_schedule)
        .service(exports::schedules::change_schedules)
        .service(exports::runs::start_run)
        .service(exports::runs::run_all_exports)
        .service(runs::handlers::list_runs)
        .service(runs::handlers::get_run)
        .service(runs::cancel::cancel_run)
        .service(runs::events::follow_run)
        .service(runs::rejections::list_batches)
        .service(runs::rejections::list_rejections)
        .service(schedules::handlers::get_schedule)
        .service(schedules::handlers::put_schedule)
        .service(refreshes::handlers::report_refresh)
        .service(audit::handlers::list_audit_events);
}
