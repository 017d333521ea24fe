//! Why a value could not be sent as it is.

/// What is wrong with one value of one profile, for the field of the list that it goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemCode {
    /// No day, or not written as the mapping says.
    NotADate,
    /// A day or a number that Campaign Monitor does not take.
    OutOfRange,
    /// No number, or not written as the mapping says.
    NotANumber,
    /// None of the options of the field.
    UnknownOption,
    /// No country, or no state, that the field has.
    UnknownCountry,
    /// No number, or none of its country.
    NotAPhoneNumber,
    /// Longer than the field: its beginning was sent.
    Cut,
}

impl ProblemCode {
    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotADate => "notADate",
            Self::OutOfRange => "outOfRange",
            Self::NotANumber => "notANumber",
            Self::UnknownOption => "unknownOption",
            Self::UnknownCountry => "unknownCountry",
            Self::NotAPhoneNumber => "notAPhoneNumber",
            Self::Cut => "cut",
        }
    }
}
