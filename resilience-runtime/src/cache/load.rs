//! The load of a leader, polled so that the waiters can look after it, and ended where there is an answer without it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Value;
use super::flights::ResultCell;
use super::key::Key;
use super::outcome::LoadOutcome;
use super::store::Store;
use super::timer::Timer;
use super::watch::Watch;
use crate::clock::Moment;

/// How long a refresh ahead may keep its caller while a fresh answer is there.
const REFRESH_LIMIT: Duration = Duration::from_secs(1);

/// What a load consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The body alone.
    Body,
    /// A whole call, which says itself when its body runs.
    Call,
}

/// What a load shares with those who wait for it.
pub(crate) struct LoadWatch {
    pub(super) watch: Arc<Watch>,
    pub(super) cell: ResultCell<LoadOutcome>,
    /// Present while it is a refresh ahead: where the fresh answer is.
    pub(super) refreshes: Option<(Arc<Store>, Key)>,
}

/// How a load ended.
#[derive(Debug)]
pub enum Loaded<R> {
    /// With its own result.
    Own(R),
    /// It was dropped, since there is an answer without it.
    Instead(Instead),
}

/// The answer in the place of a load.
#[derive(Debug)]
pub struct Instead(pub(crate) Shortcut);

#[derive(Debug)]
pub(crate) enum Shortcut {
    /// A rival had it first, while this load stood before its body.
    Shared(LoadOutcome),
    /// The refresh took too long, and the answer is still fresh.
    Fresh(Value),
}

pin_project! {
    /// The future of a load.
    #[must_use = "futures do nothing unless polled"]
    pub struct Load<F> {
        watch: Option<LoadWatch>,
        extent: Extent,
        stands_outside: bool,
        cut_at: Option<Moment>,
        #[pin]
        load: Option<F>,
        #[pin]
        timer: Timer,
    }
}

impl<F: Future> Load<F> {
    /// Without a watch the future runs as it is.
    pub(crate) fn new(watch: Option<LoadWatch>, extent: Extent, load: F) -> Self {
        Self {
            watch,
            extent,
            stands_outside: false,
            cut_at: None,
            load: Some(load),
            timer: Timer::new(),
        }
    }
}

impl LoadWatch {
    /// The answer of a rival that was faster.
    fn shared(&self) -> Option<Shortcut> {
        match self.cell.get()? {
            LoadOutcome::Failed(..) | LoadOutcome::NotShared => None,
            outcome => Some(Shortcut::Shared(outcome.clone())),
        }
    }

    /// Ends a refresh ahead whose time is over. If the answer is not fresh any more, it goes on as any other load.
    fn cut(
        &mut self,
        cut_at: &mut Option<Moment>,
        timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
    ) -> Option<Shortcut> {
        let (store, key) = self.refreshes.as_ref()?;
        let at = *cut_at.get_or_insert_with(|| Moment::now().after(REFRESH_LIMIT));
        // Without timers it lasts as long as it lasts.
        let Poll::Ready(Ok(())) = timer.poll_at(at, cx) else {
            return None;
        };
        let fresh = store.fresh_at(*key, Moment::now());
        self.refreshes = None;
        fresh.map(Shortcut::Fresh)
    }
}

impl<F: Future> Future for Load<F> {
    type Output = Loaded<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let load = this.load.as_mut().as_pin_mut();
        let load = load.expect("not polled again once it is ready");
        let Some(watch) = this.watch else {
            return load.poll(cx).map(Loaded::Own);
        };
        watch.watch.begin_poll(cx.waker().clone());
        let mut instead = watch.shared().filter(|_| *this.stands_outside);
        if instead.is_none() {
            if *this.extent == Extent::Body {
                watch.watch.enter_body();
            }
            let waker = Waker::from(Arc::clone(&watch.watch));
            if let Poll::Ready(out) = load.poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(Loaded::Own(out));
            }
            *this.stands_outside = watch.watch.end_poll();
            instead = watch.cut(this.cut_at, this.timer, cx);
        }
        let Some(instead) = instead else {
            return Poll::Pending;
        };
        this.load.set(None);
        Poll::Ready(Loaded::Instead(Instead(instead)))
    }
}

impl<F> fmt::Debug for Load<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").finish_non_exhaustive()
    }
}

impl fmt::Debug for LoadWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadWatch").finish_non_exhaustive()
    }
}
