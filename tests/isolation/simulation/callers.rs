//! Those who call: most of them wait, and some poll a call once or twice and leave it, drop it, or give it to another task.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::ResilienceError;
use tokio::time::{sleep, timeout};

use super::agents::{agent, count_twice, escort, escort_in_a_wrap, probe_around, transaction};
use super::call::{Answer, Ask, Page, Trouble, Wrapped};
use super::random::Random;
use super::remote::{QUESTIONS, TENANTS};
use super::services::{VAULT, ask_model, count, probe, query, read_secret, seconds, tool};
use super::world::{Kept, World};

type Calling = fn(Ask) -> Pin<Box<dyn Future<Output = ()>>>;

/// A function, and how long a call of it takes at the longest that is polled whenever it is woken.
pub struct Function {
    call: Calling,
    longest: Duration,
    /// A server that is well answers at once.
    pub is_sure: bool,
}

macro_rules! functions {
    ($($name:ident: $seconds:literal $(, $sure:ident)?;)*) => {
        pub const FUNCTIONS: &[Function] = &[$( Function {
            call: |ask| Box::pin(async move {
                let said = $name(&ask).await;
                ended(&ask, said);
            }),
            longest: seconds($seconds),
            is_sure: !concat!($(stringify!($sure))?).is_empty(),
        } ),*];
    };
}

// By their deadlines. Where there is none: three attempts of 1.2 s, and twice the longest Retry-After; three steps of that, three
// times; and for an escort three steps of the longest of these, twice.
functions! {
    ask_model: 10, sure;
    read_secret: 4, sure;
    query: 6, sure;
    count: 12, sure;
    probe: 5, sure;
    tool: 6, sure;
    transaction: 6;
    count_twice: 120;
    probe_around: 5;
    agent: 30;
    escort: 750;
    escort_as_another: 750;
}

async fn escort_as_another(ask: &Ask) -> Answer {
    escort_in_a_wrap(ask).await.map_err(|error| match error {
        Wrapped::Held(trouble) => trouble,
        Wrapped::Hidden => Trouble::Own,
        Wrapped::Resilience(error) => error.into(),
    })
}

/// A timer fires up to so much late, and a call may stand on several.
const TIMERS: Duration = Duration::from_millis(5);

fn ended(ask: &Ask, said: Result<Page, Trouble>) {
    let world = &ask.world;
    match said {
        Ok(page) => {
            ask.check(&page);
            let is_own = page.number == ask.number;
            if let Some(version) = page.version.filter(|_| !is_own) {
                let dead = world.remotes[VAULT].dead(ask);
                assert!(
                    version > dead,
                    "a secret that was revoked: {page:?}, {dead} is dead"
                );
            }
            world.count(|ends| {
                ends.answered += 1;
                ends.from_memory += u64::from(!is_own);
            });
        }
        Err(Trouble::Resilience(error)) if error.is_rejection() => {
            world.count(|ends| ends.rejected += 1);
        }
        Err(Trouble::Resilience(error @ ResilienceError::InvalidConfig(_))) => panic!("{error}"),
        Err(_) => world.count(|ends| ends.failed += 1),
    }
}

/// Makes a call of one of all functions.
pub fn call(world: &Rc<World>, which: usize, random: &mut Random) -> Kept {
    let tenant = random.between(0, TENANTS as u64) as usize;
    let question = random.between(0, QUESTIONS.into()) as u32;
    let ask = Ask::new(world, tenant, question, random.next());
    Box::pin(world.registry.scope((FUNCTIONS[which].call)(ask)))
}

/// Polls a call whenever it is woken. It ends in time, whatever others do.
pub async fn wait(which: usize, call: Kept) {
    let longest = FUNCTIONS[which].longest + TIMERS;
    let ended = timeout(longest, call).await;
    assert!(ended.is_ok(), "function {which} starves");
}

/// Polls a call once or twice.
fn poll(call: &mut Kept, times: u64) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    (0..times).any(|_| call.as_mut().poll(&mut context).is_ready())
}

/// Calls that are kept at the same time.
const MOST_KEPT: usize = 60;

impl World {
    /// Calls until none is left to be made.
    pub async fn keep_calling(self: Rc<Self>, mut random: Random) {
        while let Some(left) = self.left.get().checked_sub(1) {
            self.left.set(left);
            let which = random.between(0, FUNCTIONS.len() as u64) as usize;
            let call = call(&self, which, &mut random);
            self.treat(which, call, &mut random).await;
            self.escorts_are_innocent();
            sleep(random.ms(0, 400)).await;
        }
    }

    async fn treat(&self, which: usize, mut call: Kept, random: &mut Random) {
        let way = random.between(0, 20);
        let polls = random.between(1, 3);
        if way >= 8 {
            return wait(which, call).await;
        }
        if way == 7 {
            self.count(|ends| ends.dropped += 1);
            let _ = timeout(random.ms(0, 3_000), call).await;
            return;
        }
        if poll(&mut call, polls) {
            return;
        }
        match way {
            0 => self.count(|ends| ends.dropped += 1),
            1 => {
                sleep(random.ms(0, 3_000)).await;
                self.count(|ends| ends.dropped += 1);
            }
            2 | 3 => {
                self.count(|ends| ends.kept += 1);
                self.keep(call, random);
            }
            4 | 5 => {
                sleep(random.ms(0, 6_000)).await;
                self.count(|ends| ends.resumed += 1);
                wait(which, call).await;
            }
            _ => {
                self.count(|ends| ends.moved += 1);
                let moved = tokio::task::spawn_local(wait(which, call));
                moved.await.expect("it does not panic");
            }
        }
    }

    /// Keeps a call that nobody polls any more, in the place of another one.
    fn keep(&self, call: Kept, random: &mut Random) {
        let mut kept = self.kept.borrow_mut();
        let other = if kept.len() < MOST_KEPT {
            kept.push(call);
            None
        } else {
            // The first ones are kept until the end.
            let which = random.between(MOST_KEPT as u64 / 4, MOST_KEPT as u64) as usize;
            Some(std::mem::replace(&mut kept[which], call))
        };
        drop(kept);
        drop(other);
    }

    /// Revokes secrets, and gives out new ones; and breaks sessions.
    pub async fn revoke(self: Rc<Self>, mut random: Random) {
        while self.left.get() > 0 {
            sleep(random.ms(0, 2_000)).await;
            let remote = &self.remotes[VAULT];
            remote.change_secret(random.between(0, remote.secrets() as u64) as usize);
        }
    }
}
