//! What is known of one person over all exports of an instance: what each list last had of them, and why a run did not
//! send them. It reads baselines, rejections and value problems, and changes nothing.

mod find;
mod person;
mod standing;
mod store;

pub use find::{FoundPerson, KnownAtList, KnownMembers, find_person};
pub use person::Person;
pub use standing::Standing;
pub use store::{PersonProblem, PersonRejection};
