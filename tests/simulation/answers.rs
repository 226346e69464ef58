//! Answers that may come out of a memory: whether they may.

use resilience_runtime::{Classify, ResilienceError};

use crate::cache_model::Meaning;
use crate::call::{Answer, ApiError, Call, End};
use crate::outages::Reply;
use crate::retention::{Page, Retention};

/// What a function answers that was not asked for tokens.
const ANSWERED: Answer = Ok(0);

impl Call {
    /// The answer of a function that falls back on its last good one.
    pub fn may_recall(&self, out: Result<Page, ApiError>) -> Answer {
        let Retention::LastGood(last_good) = &*self.retention else {
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
                let name = self.trace.name();
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
        let Retention::LastGood(last_good) = &*self.retention else {
            unreachable!("its function says so");
        };
        let lasting = matches!(error, ApiError::Remote(_)) && error.classify().is_permanent();
        assert!(
            lasting || last_good.borrow().find(self.key).is_none(),
            "{}: {error:?} in place of the last good answer",
            self.trace.name()
        );
    }

    /// The answer of a function that reads through a cache.
    pub fn may_serve(&self, out: Result<Page, ApiError>) -> Answer {
        let Retention::CacheModel(cache_model) = &*self.retention else {
            unreachable!("its function says so");
        };
        if self.bare {
            return out.and(ANSWERED);
        }
        let cut = self.is_cut();
        let mut cache_model = cache_model.borrow_mut();
        let asked = (self.key, self.number, self.floor);
        let last = self.last_end();
        match out {
            Ok(page) if page.call == self.number => {
                cache_model.stores(page);
                ANSWERED
            }
            Ok(page) if cut && last.is_some() => {
                cache_model.serves(page, asked, None, false);
                cache_model.failed(self.key, self.trace.number());
                self.cut();
                ANSWERED
            }
            Ok(page) => {
                let rejects = self.trace.rejects();
                cache_model.serves(page, asked, last.map(meaning), rejects);
                if last.is_some() || rejects {
                    cache_model.failed(self.key, self.trace.number());
                }
                self.answered_by_another();
                self.trace.covered.set(self.trace.covered.get() + 1);
                ANSWERED
            }
            Err(error) => {
                if let ApiError::Resilience(ResilienceError::SharedFailure { age, .. }) = error {
                    assert_eq!(last, None, "it had a failure of its own");
                    cache_model.shares(asked, age);
                    self.answered_by_another();
                    return Err(error);
                }
                let waited = last.is_none()
                    && matches!(
                        error,
                        ApiError::Resilience(ResilienceError::DeadlineExceeded { .. })
                    );
                let number = self.trace.number();
                if waited {
                    // Be it for another's call or, at the last moment, its own.
                    cache_model.leaves(self.key, self.number);
                    cache_model.failed(self.key, number);
                } else {
                    cache_model.fails(self.key, self.number, meaning_of(&error), number);
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
