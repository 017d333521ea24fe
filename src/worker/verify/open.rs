//! Gathers what the verification of an ended run needs: what it read must still be there.

use std::sync::Arc;

use super::failure::Failure;
use super::subject::Subject;
use crate::app::App;
use crate::names::RunId;
use crate::runs;
use crate::worker::prepare::{connection_of, naming_nobody_erased, open_session, plan};

pub async fn open(app: &Arc<App>, run: RunId) -> Result<Subject, Failure> {
    let mut db = app.db.read().await?;
    let run = runs::store::get(&mut db, run).await?;
    let run = run.ok_or_else(|| Failure::Final("the run was removed".into()))?;
    let segments = runs::store::segments(&mut db, run.id).await?;
    drop(db);
    let manifests: Option<Vec<_>> = segments
        .into_iter()
        .map(|segment| segment.manifest.map(|manifest| Arc::new(manifest.0)))
        .collect();
    let manifests =
        manifests.ok_or_else(|| Failure::Final("the run has not read its segments".into()))?;
    let session = Arc::new(open_session(app, &connection_of(app, &run).await?)?);
    let (plan, _, fields) = plan(&run, &session).await?;
    let (app, plan) = (app.clone(), naming_nobody_erased(app, &run, plan).await?);
    Ok(Subject { app, run, session, plan, fields, manifests })
}
