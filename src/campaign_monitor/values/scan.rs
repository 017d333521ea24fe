//! Reads a value from its beginning, piece by piece.

/// What is left to read of a value.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a>(pub &'a str);

impl Scan<'_> {
    /// The number that so many digits make; no digit follows it.
    pub fn digits(&mut self, least: usize, most: usize) -> Option<i16> {
        let count = self.count_digits();
        if count > most { None } else { self.first_digits(least.max(count)) }
    }

    /// The number that the next digits make, whatever follows them.
    pub fn first_digits(&mut self, count: usize) -> Option<i16> {
        let number = self.0.get(..count)?;
        let number = number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)?;
        self.0 = &self.0[count..];
        number.parse().ok()
    }

    pub fn count_digits(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// Whether the letter comes next; then it is read.
    pub fn accept(&mut self, letter: char) -> bool {
        self.accept_if(|next| next == letter)
    }

    pub fn accept_if(&mut self, is_wanted: impl Fn(char) -> bool) -> bool {
        let rest = self.0.strip_prefix(is_wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Whether the word comes next, in any case; then it is read.
    pub fn accept_word(&mut self, word: &str) -> bool {
        let found = self.0.get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word));
        if found {
            self.0 = &self.0[word.len()..];
        }
        found
    }

    pub fn skip_blanks(&mut self) {
        self.0 = self.0.trim_start();
    }

    pub const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
