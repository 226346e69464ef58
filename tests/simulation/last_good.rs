//! What stands in for a failure: the last good answer to the same question, while it is not too old.

use std::collections::HashMap;
use std::time::Duration;

use crate::retention::Page;

pub struct LastGood {
    longest: Duration,
    most: usize,
    /// The latest last.
    pages: Vec<Page>,
    /// When each key was forgotten last: what was asked for before that is not kept.
    forgotten: HashMap<u32, u64>,
}

impl LastGood {
    pub fn new(longest: Duration, most: usize) -> Self {
        Self {
            longest,
            most,
            pages: Vec::new(),
            forgotten: HashMap::new(),
        }
    }

    pub fn keep(&mut self, page: Page) {
        let forgotten = self.forgotten.get(&page.key);
        if forgotten.is_some_and(|number| page.call < *number) {
            return;
        }
        self.pages.retain(|known| known.key != page.key);
        self.pages.push(page);
        if self.pages.len() > self.most {
            self.pages.remove(0);
        }
    }

    /// What was revoked is not brought back.
    pub fn forget(&mut self, key: u32, number: u64) {
        self.forgotten.insert(key, number);
        self.pages.retain(|page| page.key != key);
    }

    pub fn find(&self, key: u32) -> Option<Page> {
        let of_key = self.pages.iter().find(|page| page.key == key);
        of_key
            .filter(|page| page.at.elapsed() <= self.longest)
            .copied()
    }
}
