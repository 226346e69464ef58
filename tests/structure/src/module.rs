//! The modules of a crate: what each file declares, imports and names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::token::{Token, tokens};

/// The path of a module, from the crate's root on.
pub type ModulePath = Vec<String>;

/// One module: a file, or `mod name { … }` within one.
#[derive(Debug, Default)]
pub struct Module {
    pub file: PathBuf,
    pub children: BTreeSet<String>,
    /// Functions, types, traits, constants.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// The paths in its code outside of `use`.
    pub paths: Vec<Name>,
    /// Single identifiers in its code outside of `use`.
    pub idents: BTreeSet<String>,
}

/// One leaf of a `use` tree.
#[derive(Clone, Debug)]
pub struct Import {
    pub path: Vec<String>,
    /// The name that it brings into scope, or `None` for `*`.
    pub name: Option<String>,
    /// Whether it has a visibility: `pub use`.
    pub is_reexport: bool,
    pub line: usize,
}

/// A path in the code.
#[derive(Clone, Debug)]
pub struct Name {
    pub path: Vec<String>,
    pub line: usize,
}

/// Reads the modules that a crate's root declares.
pub fn read_crate(root: &Path) -> BTreeMap<ModulePath, Module> {
    let mut modules = BTreeMap::new();
    read_file(root, &mut Vec::new(), &mut modules);
    modules
}

fn read_file(file: &Path, path: &mut ModulePath, modules: &mut BTreeMap<ModulePath, Module>) {
    let source =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let tokens = without_tests(tokens(&source));
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        file,
        modules,
    };
    reader.module(path);
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    file: &'a Path,
    modules: &'a mut BTreeMap<ModulePath, Module>,
}

impl Reader<'_> {
    /// Reads up to the `}` that closes the module, or to the end of the file.
    fn module(&mut self, path: &mut ModulePath) {
        let mut module = Module {
            file: self.file.to_owned(),
            ..Module::default()
        };
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at) {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                "mod" if self.text(2) == ";" || self.text(2) == "{" => {
                    self.submodule(path, &mut module);
                    continue;
                }
                "use" if self.text(1) != "<" => {
                    self.import(&mut module);
                    continue;
                }
                "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static"
                    if depth == 0 =>
                {
                    let name = if self.text(1) == "mut" { 2 } else { 1 };
                    module.items.insert(self.text(name).to_owned());
                }
                _ if token.is_ident() => {
                    self.name(&mut module);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.modules.insert(path.clone(), module);
    }

    fn text(&self, ahead: usize) -> &str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| &token.text)
    }

    /// `mod name;` or `mod name { … }`.
    fn submodule(&mut self, path: &mut ModulePath, module: &mut Module) {
        let name = self.text(1).to_owned();
        module.children.insert(name.clone());
        let is_file = self.text(2) == ";";
        let file = is_file.then(|| self.file_of(&name));
        self.at += 3;
        path.push(name);
        if let Some(file) = file {
            read_file(&file, path, self.modules);
        } else {
            self.module(path);
            self.at += 1;
        }
        path.pop();
    }

    fn file_of(&self, name: &str) -> PathBuf {
        let folder = self.file.parent().expect("a file in a folder");
        let before: Vec<&str> = self.tokens[self.at.saturating_sub(8)..self.at]
            .iter()
            .map(|token| &*token.text)
            .collect();
        if let Some(position) = before.iter().rposition(|text| *text == "path")
            && !before[position..].contains(&";")
        {
            return folder.join(before[position + 2].trim_matches('"'));
        }
        let stem = self
            .file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let folder = if matches!(stem, "mod" | "lib") {
            folder.to_owned()
        } else {
            folder.join(stem)
        };
        let file = folder.join(format!("{name}.rs"));
        if file.exists() {
            file
        } else {
            folder.join(name).join("mod.rs")
        }
    }

    fn import(&mut self, module: &mut Module) {
        let is_reexport =
            self.at > 0 && matches!(self.tokens[self.at - 1].text.as_str(), "pub" | ")");
        let line = self.tokens[self.at].line;
        self.at += 1;
        let mut leaves = Vec::new();
        self.use_tree(&mut Vec::new(), &mut leaves);
        module
            .imports
            .extend(leaves.into_iter().map(|(path, name)| Import {
                path,
                name,
                is_reexport,
                line,
            }));
    }

    fn use_tree(
        &mut self,
        prefix: &mut Vec<String>,
        leaves: &mut Vec<(Vec<String>, Option<String>)>,
    ) {
        let depth = prefix.len();
        loop {
            match self.text(0) {
                "::" => {}
                "{" => {
                    self.at += 1;
                    while self.text(0) != "}" {
                        self.use_tree(prefix, leaves);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                }
                "*" => leaves.push((prefix.clone(), None)),
                "as" => {
                    let (_, name) = leaves.last_mut().expect("`as` after a path");
                    *name = Some(self.tokens[self.at + 1].text.clone());
                    self.at += 1;
                }
                "," | "}" | ";" | "" => break,
                segment => {
                    if segment != "self" || prefix.is_empty() {
                        prefix.push(segment.to_owned());
                    }
                    if self.text(1) != "::" {
                        leaves.push((prefix.clone(), prefix.last().cloned()));
                    }
                }
            }
            self.at += 1;
        }
        prefix.truncate(depth);
    }

    /// An identifier, or a path of several.
    fn name(&mut self, module: &mut Module) {
        let start = self.at;
        let before = |back: usize| {
            start
                .checked_sub(back)
                .map_or("", |at| &*self.tokens[at].text)
        };
        let is_free = !matches!(before(1), "." | "::" | "$" | "in");
        let line = self.tokens[start].line;
        let mut path = vec![self.text(0).to_owned()];
        while self.text(1) == "::" && self.tokens.get(self.at + 2).is_some_and(Token::is_ident) {
            path.push(self.text(2).to_owned());
            self.at += 2;
        }
        self.at += 1;
        if is_free || path[0] == "crate" {
            module.idents.insert(path[0].clone());
            if path.len() > 1 {
                module.paths.push(Name { path, line });
            }
        }
    }
}

/// Leaves out each item under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            at = end_of_item(&tokens, at);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

fn is_test_attribute(tokens: &[Token]) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| &*token.text);
    let is_cfg = text(0) == "#" && text(1) == "[" && text(2) == "cfg" && text(3) == "(";
    is_cfg && (text(4) == "test" && text(5) == ")" || text(4) == "all" && text(6) == "test")
}

/// Where the item ends whose attributes start at `at`: behind its `;` or `,`, or behind the `}` that closes it.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0;
    let mut in_attributes = true;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            "}" if depth == 0 => return at,
            ")" | "]" | "}" => {
                depth -= 1;
                let closes_attribute = in_attributes && token.text == "]" && depth == 0;
                if closes_attribute {
                    in_attributes = tokens.get(at + 1).is_some_and(|next| next.text == "#");
                } else if token.text == "}"
                    && depth == 0
                    && tokens
                        .get(at + 1)
                        .is_none_or(|next| next.text != ";" && next.text != ",")
                {
                    return at + 1;
                }
            }
            ";" | "," if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}
