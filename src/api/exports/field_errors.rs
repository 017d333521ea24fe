//! Gathers what several checks find wrong, so that one answer reports all of it.

use crate::http::problem::{FieldError, Problem, ProblemKind};

/// What the checks so far found wrong.
#[derive(Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The result of one more check; `None` where it found something wrong. What stops the checks, such as an account
    /// that is unavailable, is only reported when nothing is wrong so far.
    pub fn gather<T>(&mut self, checked: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(problem) if is_about_fields(&problem) => {
                problem.errors().iter().for_each(|error| self.add(error));
                Ok(None)
            }
            Err(problem) => self.take().and(Err(problem)),
        }
    }

    /// 422 with everything that was found wrong.
    pub fn take(&mut self) -> Result<(), Problem> {
        Problem::none_of(std::mem::take(&mut self.0))
    }

    /// Of two errors about one member the later one counts: it knows the list.
    fn add(&mut self, error: &FieldError) {
        match self.0.iter_mut().find(|earlier| earlier.pointer == error.pointer) {
            Some(earlier) => *earlier = error.clone(),
            None => self.0.push(error.clone()),
        }
    }
}

fn is_about_fields(problem: &Problem) -> bool {
    problem.kind() == ProblemKind::Unprocessable && !problem.errors().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(pointer: &str, message: &str) -> Result<i32, Problem> {
        Err(Problem::unprocessable(pointer, "invalid", message))
    }

    #[test]
    fn everything_that_is_wrong_is_one_problem() {
        let mut errors = FieldErrors::default();
        assert_eq!(errors.gather(Ok(7)).unwrap(), Some(7));
        for (pointer, message) in [("/a", "One."), ("/b", "Two."), ("/a", "Of the list.")] {
            assert_eq!(errors.gather(wrong(pointer, message)).unwrap(), None);
        }
        let problem = errors.take().unwrap_err();
        let found: Vec<_> = problem.errors().iter().map(|error| error.message.as_str()).collect();
        assert_eq!(found, ["Of the list.", "Two."]);
        errors.take().unwrap();
    }

    #[test]
    fn what_stops_the_checks_is_reported_only_when_nothing_is_wrong_so_far() {
        let gone = || -> Result<(), Problem> { Err(Problem::conflict()) };
        let mut errors = FieldErrors::default();
        assert!(errors.gather(gone()).unwrap_err().is_conflict());
        errors.gather(wrong("/a", "One.")).unwrap();
        assert_eq!(errors.gather(gone()).unwrap_err().errors().len(), 1);
    }
}
