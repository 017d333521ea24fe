//! Whether the list still has the custom fields that a run has filled: Campaign Monitor drops the values of others
//! without a word.

use super::prepare::plan_for;
use crate::connections::session::AccountSession;
use crate::runs::Run;

/// A custom field that the list has lost since the run was prepared. What cannot be asked is not known.
pub async fn removed_field(run: &Run, session: &AccountSession) -> Option<String> {
    let list = run.list_id.as_str();
    let fields = session.call(|account| async move { account.custom_fields(list).await }).await;
    match fields {
        Ok(fields) => plan_for(run, &fields).err(),
        Err(error) => {
            tracing::warn!(%error, "it could not be asked whether the list still has its fields");
            None
        }
    }
}
