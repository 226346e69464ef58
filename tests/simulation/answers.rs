//! Answers that may come out of a memory: whether they may.

use resilience_runtime::{Classify, ResilienceError};

use crate::call::{Answer, ApiError, Call, End};
use crate::keeps::{Keeps, Page};
use crate::shelf::Meaning;
use crate::weather::Reply;

/// What a function answers that was not asked for tokens.
const ANSWERED: Answer = Ok(0);

impl Call {
    /// The answer of a function that falls back on its last good one.
    pub fn may_recall(&self, out: Result<Page, ApiError>) -> Answer {
        let Keeps::LastGood(last_good) = &*self.keeps else {
            unreachable!("its function says so");
        };
        match out {
            // By another fallback.
            Ok(_) if self.is_rescued() => ANSWERED,
            Ok(page) if page.call == self.number => {
                last_good.borrow_mut().keep(page);
                ANSWERED
            }
            Ok(page) => {
                let name = self.witness.name();
                assert_eq!(page.key, self.key, "{name}: an answer to another question");
                let known = last_good.borrow().find(self.key);
                assert_eq!(known, Some(page), "{name}: not the last good answer");
                self.recalled();
                ANSWERED
            }
            Err(error) => {
                self.nothing_to_recall(&error);
                Err(error)
            }
        }
    }

    /// What would fail again is not covered up; all else is, if there is something to cover it with.
    pub fn nothing_to_recall(&self, error: &ApiError) {
        let Keeps::LastGood(last_good) = &*self.keeps else {
            unreachable!("its function says so");
        };
        let lasting = matches!(error, ApiError::Remote(_)) && error.classify().is_permanent();
        assert!(
            lasting || last_good.borrow().find(self.key).is_none(),
            "{}: {error:?} in place of the last good answer",
            self.witness.name()
        );
    }

    /// The answer of a function that reads through a cache.
    pub fn may_serve(&self, out: Result<Page, ApiError>) -> Answer {
        let Keeps::Shelf(shelf) = &*self.keeps else {
            unreachable!("its function says so");
        };
        if self.bare {
            return out.and(ANSWERED);
        }
        let mut shelf = shelf.borrow_mut();
        let asked = (self.key, self.number, self.floor);
        let last = self.last_end();
        match out {
            Ok(page) if page.call == self.number => {
                shelf.keeps(page);
                ANSWERED
            }
            Ok(page) => {
                let rejects = self.witness.rejects();
                shelf.serves(page, asked, last.map(meaning), rejects);
                if last.is_some() || rejects {
                    shelf.failed(self.key, self.witness.number());
                }
                self.answered_by_another();
                self.witness.covered.set(self.witness.covered.get() + 1);
                ANSWERED
            }
            Err(error) => {
                if let ApiError::Resilience(ResilienceError::SharedFailure { age, .. }) = error {
                    assert_eq!(last, None, "it had a failure of its own");
                    shelf.shares(asked, age);
                    self.answered_by_another();
                    return Err(error);
                }
                let waited = last.is_none()
                    && matches!(
                        error,
                        ApiError::Resilience(ResilienceError::DeadlineExceeded { .. })
                    );
                let number = self.witness.number();
                if waited {
                    // Be it for another's call or, at the last moment, its own.
                    shelf.leaves(self.key, self.number);
                    shelf.failed(self.key, number);
                } else {
                    shelf.fails(self.key, self.number, meaning_of(&error), number);
                }
                Err(error)
            }
        }
    }
}

fn meaning(end: End) -> Meaning {
    match end {
        End::Replied(reply) => meaning_of(&ApiError::Remote(reply)),
        _ => Meaning::Passing,
    }
}

fn meaning_of(error: &ApiError) -> Meaning {
    match error {
        ApiError::Remote(Reply::Denied) => Meaning::Denied,
        ApiError::Remote(Reply::Gone) => Meaning::Absent,
        ApiError::Remote(Reply::Wrong) => Meaning::Lasting,
        _ => Meaning::Passing,
    }
}
