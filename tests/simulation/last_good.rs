//! What stands in for a failure: the last good answer to the same question, while it is not too old.

use std::time::Duration;

use crate::retention::Page;

pub struct LastGood {
    longest: Duration,
    most: usize,
    /// The latest last.
    pages: Vec<Page>,
}

impl LastGood {
    pub fn new(longest: Duration, most: usize) -> Self {
        Self {
            longest,
            most,
            pages: Vec::new(),
        }
    }

    pub fn keep(&mut self, page: Page) {
        self.pages.retain(|known| known.key != page.key);
        self.pages.push(page);
        if self.pages.len() > self.most {
            self.pages.remove(0);
        }
    }

    /// What was revoked is not brought back.
    pub fn forget(&mut self, key: u32) {
        self.pages.retain(|page| page.key != key);
    }

    pub fn find(&self, key: u32) -> Option<Page> {
        let of_key = self.pages.iter().find(|page| page.key == key);
        of_key
            .filter(|page| page.at.elapsed() <= self.longest)
            .copied()
    }
}
