//! A limiter that asks the store of its fleet.
//!
//! A request runs as a task of its own, so that it does not depend on who needs it: that call may be dropped, and others use
//! what has come. For each key there is one request at a time.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::algorithms::leased::{Ask, Flight};
use super::fleet_state::{Away, Due, Of, Wanted};
use super::key_hash::KeyHash;
use super::keys::leases::Whose;
use super::shared::Shared;
use crate::clock::Moment;
use crate::fleet::{Grant, GrantRequest, StoreError};
use crate::timer;

/// Asks for what is due of a key.
#[cold]
pub(super) fn ask_for(limiter: &Arc<Shared>, due: Due, key: KeyHash, now: Moment) {
    for (of, key) in due.places(key) {
        ask_of(limiter, of, key, now);
    }
}

fn ask_of(limiter: &Arc<Shared>, of: Of, key: KeyHash, now: Moment) {
    let Some(link) = limiter.link() else {
        return;
    };
    let member = link.member();
    let Some(runtime) = member.runtime() else {
        return;
    };
    if !key.is_none() && member.key_secret().is_none() {
        limiter.keep_keys(of);
        return;
    }
    if !member.may_ask(now) {
        return;
    }
    let Some(wanted) = limiter.begin_request(of, key, now) else {
        member.did_not_ask();
        return;
    };
    let Wanted {
        whose,
        ask,
        limits,
        life,
    } = wanted;
    let bits = match whose {
        Whose::Key => key.bits(),
        Whose::Overflow => [u64::MAX; 2],
    };
    let request = GrantRequest {
        id: member.limit_id(limiter.name.as_str(), u64::from(of == Of::Keys), bits),
        limits,
        holder: member.holder(),
        demand: ask.demand,
        least: ask.least.clone(),
        wanted: ask.wanted.clone(),
        life,
        ahead: life,
        settlement: ask.settlement.clone(),
        cooldown: ask.cooldown,
    };
    let pending = Pending {
        limiter: Arc::clone(limiter),
        place: (of, key),
        ask,
        sent: now,
        is_answered: false,
    };
    runtime.spawn(pending.run(request));
}

/// A request on its way. Dropped without an answer, as with its runtime, it is lost.
struct Pending {
    limiter: Arc<Shared>,
    place: (Of, KeyHash),
    ask: Ask,
    sent: Moment,
    is_answered: bool,
}

impl Pending {
    async fn run(mut self, request: GrantRequest) {
        let Some(link) = self.limiter.link() else {
            return;
        };
        let member = Arc::clone(link.member());
        // It may have waited for its first poll.
        self.sent = Moment::now().max(self.sent);
        let answer = {
            let mut answer = pin!(member.store().grant(request));
            let timer = timer::at(self.sent.after(member.timeout()));
            let mut timer = pin!(timer.ok().flatten());
            poll_fn(|cx| {
                if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                    return Poll::Ready(Some(answer));
                }
                match timer.as_mut().as_pin_mut() {
                    Some(timer) => timer.poll(cx).map(|()| None),
                    None => Poll::Pending,
                }
            })
            .await
        };
        self.finish(answer);
    }

    fn finish(&mut self, answer: Option<Result<Grant, StoreError>>) {
        self.is_answered = true;
        let now = Moment::now().max(self.sent);
        let limiter = Arc::clone(&self.limiter);
        let Some(link) = limiter.link() else {
            return;
        };
        let member = link.member();
        let away = match &answer {
            Some(Ok(grant)) => {
                member.answered(grant.holders);
                Away::No
            }
            Some(Err(StoreError::Mistake(_))) => {
                tracing::error!(
                    target: "resilience",
                    service = limiter.name.as_str(),
                    "the fleet's store refuses requests, so that nothing passes the shared limit"
                );
                Away::Refused {
                    until: member.unanswered(now),
                }
            }
            _ => Away::Lost {
                processes: member.processes(),
                until: member.unanswered(now),
            },
        };
        let grant = answer.and_then(Result::ok);
        let flight = Flight {
            sent: self.sent,
            received: now,
        };
        limiter.end_request(self.place, (&self.ask, grant.as_ref()), flight, away);
        let (of, key) = self.place;
        link.wake(of, key);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_answered {
            self.finish(None);
        }
    }
}
