//! The levels of a service's configuration, strongest first.

use super::sources::ConfigSources;
use crate::config::{ConfigProblem, DeclaredService, Effective, Key, Layer, Levels, Source};
use crate::name::ServiceKind;

/// Whose levels they are.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) name: &'a str,
    /// The service whose target it is: at each level its name comes after the target's own.
    pub(super) pool: Option<&'a str>,
}

impl<'a> From<&'a str> for Whose<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, pool: None }
    }
}

/// The levels of a service, without an attribute.
pub(super) struct ServiceLevels<'a> {
    above: [Option<Source<'a>>; 4],
    /// The declaration of the service, and what lies beneath it.
    beneath: [Option<Source<'a>>; 3],
}

impl ServiceLevels<'_> {
    /// Whether a level above the attributes decides on this key.
    pub(super) fn decide(&self, key: Key) -> bool {
        self.above.iter().flatten().any(|source| source.has(key))
    }

    pub(super) fn resolve(&self, kind: ServiceKind) -> Result<Effective, Vec<ConfigProblem>> {
        let sources = self.above.iter().chain(&self.beneath);
        Levels(sources.flatten().copied().collect()).resolve(kind)
    }

    pub(super) fn with_attribute<R>(
        &self,
        layer: &Layer,
        place: &str,
        work: impl FnOnce(&Levels<'_>) -> R,
    ) -> R {
        let attribute = Some(Source::Attribute(layer, place));
        let sources = self.above.iter().chain([&attribute]).chain(&self.beneath);
        work(&Levels(sources.flatten().copied().collect()))
    }
}

/// Runs `work` with the levels of a service; fails where its own variables or its kind's are bad.
pub(super) fn service_levels<'n, R>(
    sources: &ConfigSources,
    whose: impl Into<Whose<'n>>,
    kind: ServiceKind,
    declaration: Option<&DeclaredService>,
    work: impl FnOnce(&ServiceLevels<'_>) -> R,
) -> Result<R, Vec<ConfigProblem>> {
    let environment = sources.environment.as_ref();
    let layer_of = |name: &str| {
        environment
            .map(|environment| environment.layer(name))
            .transpose()
    };
    let Whose { name, pool } = whose.into();
    let by_service = layer_of(name)?;
    let by_pool = match pool {
        Some(pool) => layer_of(pool)?,
        None => None,
    };
    let by_kind = if name == kind.name() {
        None
    } else {
        layer_of(kind.name())?
    };
    let service_scope = format!("service `{name}`");
    let pool_scope = pool.map_or_else(String::new, |pool| format!("service `{pool}`"));
    let pool_settings = pool.and_then(|pool| sources.services.get(pool));
    let kind_scope = format!("kind `{kind}`");
    let declared = declaration.map(|it| (it.layer(), it.place()));
    let levels = ServiceLevels {
        above: [
            by_service.as_ref().map(Source::Environment),
            by_pool.as_ref().map(Source::Environment),
            sources
                .services
                .get(name)
                .map(|layer| Source::Settings(layer, &service_scope)),
            pool_settings.map(|layer| Source::Settings(layer, &pool_scope)),
        ],
        beneath: [
            declared
                .as_ref()
                .map(|(layer, place)| Source::Declaration(layer, place)),
            by_kind.as_ref().map(Source::Environment),
            sources
                .kinds
                .get(&kind)
                .map(|layer| Source::Settings(layer, &kind_scope)),
        ],
    };
    Ok(work(&levels))
}
