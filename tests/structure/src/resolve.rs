//! Which file defines what a path names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::module::{Import, Module, ModulePath};

/// One file names an item of another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: PathBuf,
    pub to: PathBuf,
    pub line: usize,
    pub path: String,
}

/// Returns which file of the crate names items of which other one. What a file only exports again does not count.
pub fn edges(modules: &BTreeMap<ModulePath, Module>) -> Vec<Edge> {
    let resolver = Resolver { modules };
    let mut edges = Vec::new();
    for (module_path, module) in modules {
        let mut add = |path: &[String], line: usize| {
            if let Some(file) = resolver.file(module_path, path, 0)
                && file != module.file
            {
                edges.push(Edge {
                    from: module.file.clone(),
                    to: file.to_owned(),
                    line,
                    path: path.join("::"),
                });
            }
        };
        for import in &module.imports {
            if !import.is_reexport
                || import
                    .name
                    .as_ref()
                    .is_some_and(|name| module.idents.contains(name))
            {
                add(&import.path, import.line);
            }
        }
        for name in &module.paths {
            add(&name.path, name.line);
        }
    }
    edges.sort();
    edges.dedup();
    edges
}

struct Resolver<'a> {
    modules: &'a BTreeMap<ModulePath, Module>,
}

impl Resolver<'_> {
    /// The file of the module or item at `path`, seen from the module `from`; `None` for other crates.
    fn file(&self, from: &ModulePath, path: &[String], depth: usize) -> Option<&Path> {
        let (module, _) = self.place(from, path, depth)?;
        Some(&self.modules.get(&module)?.file)
    }

    /// The module that defines what `path` names, and whether that is an item of it rather than itself.
    fn place(
        &self,
        from: &ModulePath,
        path: &[String],
        depth: usize,
    ) -> Option<(ModulePath, bool)> {
        if depth > 16 {
            return None;
        }
        let (mut current, mut rest, mut is_relative) = (from.clone(), path, true);
        while let Some((first, behind)) = rest.split_first() {
            match first.as_str() {
                "crate" => current.clear(),
                "self" => {}
                "super" => drop(current.pop()?),
                _ => break,
            }
            (rest, is_relative) = (behind, false);
        }
        for (index, segment) in rest.iter().enumerate() {
            match self.step(&current, segment, depth)? {
                Step::Into(module) => current = module,
                Step::Item(module) => return Some((module, true)),
                // Another crate, or a local name.
                Step::Unknown if is_relative && index == 0 => return None,
                Step::Unknown => return Some((current, true)),
            }
        }
        Some((current, false))
    }

    fn step(&self, module_path: &ModulePath, name: &str, depth: usize) -> Option<Step> {
        let module = self.modules.get(module_path)?;
        if module.children.contains(name) {
            return Some(Step::Into(
                [module_path.as_slice(), &[name.to_owned()]].concat(),
            ));
        }
        if module.items.contains(name) {
            return Some(Step::Item(module_path.clone()));
        }
        let follow = |import: &Import, path: &[String]| {
            // `use x::y;` where `x` is another crate that has the name of the import itself.
            if path.len() == 1 && path[0] == name && import.name.as_deref() == Some(name) {
                return None;
            }
            self.place(module_path, path, depth + 1)
        };
        let mut named = module
            .imports
            .iter()
            .filter(|import| import.name.as_deref() == Some(name));
        if let Some(import) = named.next() {
            return Some(match follow(import, &import.path) {
                Some((module, true)) => Step::Item(module),
                Some((module, false)) => Step::Into(module),
                None => Step::Unknown,
            });
        }
        for import in module.imports.iter().filter(|import| import.name.is_none()) {
            let target = self.place(module_path, &import.path, depth + 1);
            if let Some((target, false)) = target
                && target != *module_path
                && let Some(step @ (Step::Into(_) | Step::Item(_))) =
                    self.step(&target, name, depth + 1)
            {
                return Some(step);
            }
        }
        Some(Step::Unknown)
    }
}

enum Step {
    Into(ModulePath),
    Item(ModulePath),
    Unknown,
}
