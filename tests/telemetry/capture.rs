//! A subscriber that keeps what it hears.

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
pub struct Heard {
    pub target: String,
    pub level: Level,
    /// The message of an event, the name of a span.
    pub what: String,
    pub is_span: bool,
    pub fields: BTreeMap<String, String>,
    /// The names of the spans around it, the innermost last.
    pub inside: Vec<String>,
}

impl Heard {
    pub fn field(&self, name: &str) -> &str {
        match self.fields.get(name) {
            Some(value) => value,
            None => panic!("no field `{name}` in {self:?}"),
        }
    }
}

/// One subscriber listens at a time: what is known of a callsite is shared by all threads.
pub struct Listening {
    _default: DefaultGuard,
    _turn: MutexGuard<'static, ()>,
}

impl Listening {
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
pub struct Capture(Arc<Mutex<Vec<Heard>>>);

impl Capture {
    /// Hears everything of this thread from `level` on, until the guard is dropped.
    pub fn of(level: LevelFilter) -> (Self, Listening) {
        let capture = Self::default();
        let layer = capture.clone().with_filter(level);
        let subscriber = tracing_subscriber::registry().with(layer);
        (capture, Listening::with(subscriber))
    }

    pub fn all(&self) -> Vec<Heard> {
        self.0.lock().unwrap().clone()
    }

    pub fn ours(&self) -> Vec<Heard> {
        let mut heard = self.all();
        heard.retain(|heard| heard.target.starts_with("resilience"));
        heard
    }

    pub fn events(&self, message: &str) -> Vec<Heard> {
        let mut heard = self.ours();
        heard.retain(|heard| !heard.is_span && heard.what == message);
        heard
    }

    pub fn spans(&self, name: &str) -> Vec<Heard> {
        let mut heard = self.ours();
        heard.retain(|heard| heard.is_span && heard.what == name);
        heard
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
        let parents = context.span(id).into_iter().flat_map(|span| {
            let scope = span.scope().from_root().map(|span| span.name().to_owned());
            scope.collect::<Vec<_>>()
        });
        let mut inside: Vec<String> = parents.collect();
        inside.pop();
        self.0.lock().unwrap().push(Heard {
            target: attributes.metadata().target().to_owned(),
            level: *attributes.metadata().level(),
            what: attributes.metadata().name().to_owned(),
            is_span: true,
            fields: fields.0,
            inside,
        });
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.0.lock().unwrap().push(Heard {
            target: "resilience".to_owned(),
            level: Level::TRACE,
            what: "recorded".to_owned(),
            is_span: false,
            fields: fields.0,
            inside: Vec::new(),
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let inside = context
            .event_scope(event)
            .map(|scope| scope.from_root().map(|span| span.name().to_owned()));
        self.0.lock().unwrap().push(Heard {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            what: fields.0.remove("message").unwrap_or_default(),
            is_span: false,
            fields: fields.0,
            inside: inside.map(Iterator::collect).unwrap_or_default(),
        });
    }
}
