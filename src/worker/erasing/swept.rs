//! What one search of a place came to.

/// What was found, and what was in the way of removing it.
#[derive(Debug, Default)]
pub struct Swept {
    /// Rows or objects with people who are sought.
    pub found: i64,
    /// Why some of them are still there, in a sentence.
    pub obstacle: Option<String>,
}

impl Swept {
    /// Adds what one of the finds came to.
    pub fn note(&mut self, obstacle: Option<String>) {
        self.found += 1;
        if self.obstacle.is_none() {
            self.obstacle = obstacle;
        }
    }
}
