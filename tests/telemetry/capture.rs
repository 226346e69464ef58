//! A subscriber that stores events and spans.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// One event or span.
#[derive(Clone, Debug)]
pub struct Captured {
    pub target: String,
    pub level: Level,
    /// The message of an event, the name of a span.
    pub name: String,
    pub is_span: bool,
    pub fields: BTreeMap<String, String>,
    /// The names of the spans around it, the innermost last.
    pub parents: Vec<String>,
}

impl Captured {
    pub fn field(&self, name: &str) -> &str {
        match self.fields.get(name) {
            Some(value) => value,
            None => panic!("no field `{name}` in {self:?}"),
        }
    }
}

/// Allows one subscriber at a time: the cached interest in a callsite is shared by all threads.
pub struct CaptureGuard {
    _default: DefaultGuard,
    _turn: MutexGuard<'static, ()>,
}

impl CaptureGuard {
    pub fn with(subscriber: impl Subscriber + Send + Sync + 'static) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            _default: tracing::subscriber::set_default(subscriber),
            _turn: turn,
        }
    }
}

#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<Vec<Captured>>>);

impl Capture {
    /// Captures everything of this thread from `level` on, until the guard is dropped.
    pub fn of(level: LevelFilter) -> (Self, CaptureGuard) {
        let capture = Self::default();
        let layer = capture.clone().with_filter(level);
        let subscriber = tracing_subscriber::registry().with(layer);
        (capture, CaptureGuard::with(subscriber))
    }

    pub fn all(&self) -> Vec<Captured> {
        self.0.lock().unwrap().clone()
    }

    pub fn ours(&self) -> Vec<Captured> {
        let mut captured = self.all();
        captured.retain(|captured| captured.target.starts_with("resilience"));
        captured
    }

    pub fn events(&self, message: &str) -> Vec<Captured> {
        let mut captured = self.ours();
        captured.retain(|captured| !captured.is_span && captured.name == message);
        captured
    }

    pub fn spans(&self, name: &str) -> Vec<Captured> {
        let mut captured = self.ours();
        captured.retain(|captured| captured.is_span && captured.name == name);
        captured
    }
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let spans = context.span(id).into_iter().flat_map(|span| {
            let scope = span.scope().from_root().map(|span| span.name().to_owned());
            scope.collect::<Vec<_>>()
        });
        let mut parents: Vec<String> = spans.collect();
        parents.pop();
        self.0.lock().unwrap().push(Captured {
            target: attributes.metadata().target().to_owned(),
            level: *attributes.metadata().level(),
            name: attributes.metadata().name().to_owned(),
            is_span: true,
            fields: fields.0,
            parents,
        });
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.0.lock().unwrap().push(Captured {
            target: "resilience".to_owned(),
            level: Level::TRACE,
            name: "recorded".to_owned(),
            is_span: false,
            fields: fields.0,
            parents: Vec::new(),
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let parents = context
            .event_scope(event)
            .map(|scope| scope.from_root().map(|span| span.name().to_owned()));
        self.0.lock().unwrap().push(Captured {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            name: fields.0.remove("message").unwrap_or_default(),
            is_span: false,
            fields: fields.0,
            parents: parents.map(Iterator::collect).unwrap_or_default(),
        });
    }
}
