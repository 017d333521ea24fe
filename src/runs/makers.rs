//! Who has a part in what a run does: another person approves it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::run::{Run, SubmissionKind};
use crate::audit::{ActorKind, Author};
use crate::exports::Export;

/// Who started a run and who made its settings, as it was when the run was submitted. Later changes of the export are
/// no part of the run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RunMakers {
    /// Who asked for the run, or reported the refresh that starts it; nobody for a planned time.
    started_by: Option<String>,
    settings_by: BTreeSet<String>,
}

/// What somebody did for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunPart {
    Started,
    Settings,
    /// Uploaded the members of a segment, or chose where they come from.
    Members,
}

impl RunMakers {
    /// Those of a run that `author` starts now. Who changed the export last counts, whatever it was.
    pub(crate) fn of(export: &Export, author: &Author) -> Self {
        let is_person = author.actor.kind == ActorKind::User;
        let mut settings_by = export.makers.subjects();
        settings_by.insert(export.stamps.updated_by.clone());
        Self { started_by: is_person.then(|| author.actor.subject.clone()), settings_by }
    }

    /// What `subject` did for the run, besides its members; `None` when nothing. `edited_by` had changed the export
    /// last when the plan was computed.
    pub(crate) fn part_of(&self, run: &Run, edited_by: &str, subject: &str) -> Option<RunPart> {
        let is_submitter =
            run.submission_kind == SubmissionKind::OnDemand && run.submitted_by == subject;
        if is_submitter || self.started_by.as_deref() == Some(subject) {
            return Some(RunPart::Started);
        }
        // An older version did not record who made the settings.
        let is_editor = self.settings_by.is_empty() && edited_by == subject;
        (is_editor || self.settings_by.contains(subject)).then_some(RunPart::Settings)
    }
}
