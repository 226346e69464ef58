//! The shared values that the functions of a service write, brought together.
//!
//! The first function that was seen with a value decides. No later one is refused for writing another: its value is
//! ignored, and reported. Where the service is declared, no function decides.

use super::function::FunctionEntry;
use super::levels::{ServiceLevels, Whose, service_levels};
use super::sources::ConfigSources;
use crate::config::{
    ConfigError, ConfigProblem, ConfigSource, ConfigValue, DeclaredService, Effective, Key, Layer,
};
use crate::name::ServiceKind;

/// What all functions of a service share.
pub(super) struct SharedValues {
    pub(super) attribute: AttributeValues,
    /// One for each function; none if a bad variable came first.
    pub(super) functions: Vec<OwnValues>,
    pub(super) resolved: Result<(Effective, Vec<ConfigValue>), Vec<ConfigProblem>>,
}

/// The shared values of all functions, each with the function that gave it first.
#[derive(Default)]
pub(super) struct AttributeValues {
    pub(super) layer: Layer,
    origins: Vec<(Key, usize)>,
}

/// What became of the shared values of one function.
#[derive(Default)]
pub(super) struct OwnValues {
    /// They can never run, whatever the other functions write.
    pub(super) refusal: Option<ConfigError>,
    /// Those that another function's stand in front of.
    pub(super) ignored: Option<ConfigError>,
}

impl SharedValues {
    pub(super) fn of(
        whose: Whose<'_>,
        kind: ServiceKind,
        functions: &[FunctionEntry],
        declaration: Option<&DeclaredService>,
        sources: &ConfigSources,
    ) -> Self {
        let mut attribute = AttributeValues::default();
        let mut own = Vec::new();
        let name = whose.name;
        let resolved = service_levels(sources, whose, kind, declaration, |levels| {
            for (index, function) in functions.iter().enumerate() {
                own.push(match declaration {
                    Some(declaration) => OwnValues::declared_elsewhere(function, name, declaration),
                    None => attribute.add(index, functions, levels, kind, name),
                });
            }
            levels.with_attribute(&attribute.layer, "its functions", |levels| {
                let shared = levels.resolve(kind)?;
                let values = levels.values(kind, &shared);
                Ok((shared, values))
            })
        });
        Self {
            attribute,
            functions: own,
            resolved: resolved.and_then(|resolved| resolved),
        }
    }
}

impl OwnValues {
    /// Those of a function of a declared service.
    fn declared_elsewhere(
        function: &FunctionEntry,
        service: &str,
        declaration: &DeclaredService,
    ) -> Self {
        let declared_at = declaration.place();
        let ignored = |(key, value): (Key, _)| {
            ConfigProblem::new(
                key.name(),
                value,
                ConfigSource::Attribute(function.place.clone()),
                format!(
                    "is ignored: service `{service}` is declared as {declared_at}; write it there, and name the service by \
                     that path"
                ),
            )
        };
        let ignored: Vec<_> = function.shared_values().map(ignored).collect();
        Self {
            refusal: None,
            ignored: (!ignored.is_empty()).then(|| ConfigError::new(ignored)),
        }
    }
}

impl AttributeValues {
    /// Names the attribute that each value was written in.
    pub(super) fn name_places(&self, values: &mut [ConfigValue], functions: &[FunctionEntry]) {
        for value in values {
            let mut origins = self.origins.iter();
            let origin = origins.find(|(key, _)| *key == value.setting());
            if let Some((_, function)) = origin {
                value.set_attribute(&functions[*function].place);
            }
        }
    }

    /// Takes the values of a function, as far as no other one has given others.
    fn add(
        &mut self,
        index: usize,
        functions: &[FunctionEntry],
        levels: &ServiceLevels<'_>,
        kind: ServiceKind,
        service: &str,
    ) -> OwnValues {
        let function = &functions[index];
        let mut layer = self.layer.clone();
        let mut ignored = Vec::new();
        for (key, value) in function.shared_values() {
            match self.layer.get(key) {
                Some(other) if other != value && !levels.decide(key) => {
                    let mut origins = self.origins.iter();
                    let first = origins.find(|(given, _)| *given == key);
                    let first = first.map_or("", |(_, first)| &functions[*first].place);
                    ignored.push(ConfigProblem::new(
                        key.name(),
                        value,
                        ConfigSource::Attribute(function.place.clone()),
                        format!(
                            "is ignored: the functions of service `{service}` share it, and {first} sets `{other}`"
                        ),
                    ));
                }
                Some(_) => {}
                None => layer.set(key, value),
            }
        }
        let runs = |layer: &Layer| {
            levels.with_attribute(layer, &function.place, |levels| {
                levels.resolve(kind).map(|_| ())
            })
        };
        if let Err(together) = runs(&layer) {
            let mut alone = Layer::default();
            function
                .shared_values()
                .for_each(|(key, value)| alone.set(key, value));
            return match runs(&alone) {
                Err(problems) => OwnValues {
                    refusal: Some(ConfigError::new(problems)),
                    ignored: None,
                },
                // Only beside those of the others.
                Ok(()) => {
                    ignored.extend(together);
                    OwnValues {
                        refusal: None,
                        ignored: Some(ConfigError::new(ignored)),
                    }
                }
            };
        }
        for (key, _) in layer.iter() {
            if self.layer.get(key).is_none() {
                self.origins.push((key, index));
            }
        }
        self.layer = layer;
        OwnValues {
            refusal: None,
            ignored: (!ignored.is_empty()).then(|| ConfigError::new(ignored)),
        }
    }
}
