//! Reading sources: the Rust files of the workspace, and the rooms and crates that a file names.
//!
//! Names are read from tokens and not from the parsed tree, so that those inside macros count as well.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The folder of the workspace.
pub fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
}

/// Whether `src/` has a room of this name.
pub fn is_room(name: &str) -> bool {
    let src = root().join("src");
    src.join(name).is_dir() || src.join(format!("{name}.rs")).is_file()
}

/// A Rust file, its path relative to the workspace.
pub struct RustFile {
    pub path: String,
    pub text: String,
}

/// What a path begins with.
#[derive(Debug, PartialEq, Eq)]
pub enum Named {
    /// `crate::name`, also by way of `super` or `passerelle::`; `*` for everything at once.
    Module(String),
    /// `name::…` or `use name`: a crate, or something in scope.
    Crate(String),
}

/// The Rust files below these folders of the workspace, build products and hidden folders left out.
pub fn rust_files(folders: &[&str]) -> Vec<RustFile> {
    let mut paths = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    assert!(!paths.is_empty(), "no Rust file below {folders:?}");
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn read(path: PathBuf) -> RustFile {
    let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    RustFile { path: relative, text: fs::read_to_string(&path).unwrap() }
}

impl RustFile {
    /// The module path of a file of `src/`: `src/launch/arrive.rs` is `launch`, `arrive`; the two roots are themselves.
    fn module(&self) -> Vec<&str> {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inside.trim_end_matches("/mod").split('/').collect()
    }

    /// The top-level module that the file belongs to; `lib` and `main` for the roots.
    pub fn room(&self) -> String {
        self.module()[0].to_owned()
    }

    /// Whether the file holds tests alone, by its name or its folder's.
    pub fn is_test(&self) -> bool {
        self.path.trim_end_matches(".rs").split('/').any(|part| part == "tests")
    }

    /// Every name that begins a path, with its line.
    pub fn names(&self) -> Vec<(usize, Named)> {
        let tokens: TokenStream = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let depth = match self.module()[..] {
            ["lib" | "main"] => 0,
            ref path => path.len(),
        };
        let mut reader = Reader { local: BTreeSet::new(), found: Vec::new() };
        reader.scope(tokens.clone());
        reader.read(tokens, depth);
        reader.found
    }
}

struct Reader {
    /// What the file itself declares or imports: such a name is not a crate.
    local: BTreeSet<String>,
    found: Vec<(usize, Named)>,
}

impl Reader {
    /// Gathers what `mod` declares and what `use` brings into scope from elsewhere.
    fn scope(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut in_use = false;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ';' => in_use = false,
                TokenTree::Group(group) if in_use => self.leaves(group.stream()),
                TokenTree::Group(group) => self.scope(group.stream()),
                TokenTree::Ident(ident) if ident == "use" => in_use = true,
                TokenTree::Ident(ident) => {
                    let declared = at > 0 && is(&tokens[at - 1], "mod");
                    let imported = in_use
                        && !colons(&tokens, at + 1)
                        && at > 0
                        && (is(&tokens[at - 1], "as") || (at > 1 && colons(&tokens, at - 2)));
                    if declared || imported {
                        self.local.insert(ident.to_string());
                    }
                }
                _ => {}
            }
        }
    }

    /// The names that a braced part of a `use` brings into scope.
    fn leaves(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.leaves(group.stream()),
                TokenTree::Ident(ident) if !colons(&tokens, at + 1) => {
                    self.local.insert(ident.to_string());
                }
                _ => {}
            }
        }
    }

    fn read(&mut self, tokens: TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                // What follows `::` in a `use` was read with the name before it.
                TokenTree::Group(_) if at > 1 && colons(&tokens, at - 2) => {}
                TokenTree::Group(group) => {
                    let inline = at > 1 && is(&tokens[at - 2], "mod");
                    self.read(group.stream(), depth + usize::from(inline));
                }
                TokenTree::Ident(_) if continues(&tokens, at) => {}
                TokenTree::Ident(_) => self.path(&tokens, at, depth),
                TokenTree::Literal(literal) => self.path_in_text(&literal.to_string(), line(token)),
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// Reads the path that begins at this identifier, if it is one.
    fn path(&mut self, tokens: &[TokenTree], at: usize, depth: usize) {
        let name = tokens[at].to_string();
        let goes_on = colons(tokens, at + 1);
        match name.as_str() {
            "crate" | "passerelle" if goes_on => self.modules(tokens, at + 3),
            "super" | "self" if goes_on => {
                let mut supers = usize::from(name == "super");
                let mut next = at + 3;
                while tokens.get(next).is_some_and(|token| is(token, "super")) && colons(tokens, next + 1) {
                    supers += 1;
                    next += 3;
                }
                if supers == depth && supers > 0 {
                    self.modules(tokens, next);
                }
            }
            _ => {
                let before = at.checked_sub(1).map(|before| &tokens[before]);
                let imported = before.is_some_and(|token| is(token, "use"));
                let global = at > 1 && colons(tokens, at - 2);
                if imported || global || (goes_on && !self.local.contains(&name)) {
                    self.found.push((line(&tokens[at]), Named::Crate(name)));
                }
            }
        }
    }

    /// The modules named right below the root of the crate: one, or several in braces.
    fn modules(&mut self, tokens: &[TokenTree], at: usize) {
        match tokens.get(at) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for (index, token) in inner.iter().enumerate() {
                    if index == 0
                        || matches!(&inner[index - 1], TokenTree::Punct(punct) if punct.as_char() == ',')
                    {
                        self.found.push((line(token), Named::Module(token.to_string())));
                    }
                }
            }
            Some(token) => self.found.push((line(token), Named::Module(token.to_string()))),
            None => {}
        }
    }

    /// Some attributes write a path as text: `with = "crate::…"`.
    fn path_in_text(&mut self, literal: &str, line: usize) {
        if let Some(path) = literal.strip_prefix("\"crate::") {
            let name = path.split([':', '"']).next().unwrap_or_default();
            self.found.push((line, Named::Module(name.to_owned())));
        }
    }
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Whether `::` stands at this place.
fn colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon =
        |index: usize| matches!(tokens.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// Whether this identifier goes on a path that began earlier: `a::b`, `<T>::b`, not the global `::b`.
fn continues(tokens: &[TokenTree], at: usize) -> bool {
    at > 2
        && colons(tokens, at - 2)
        && match &tokens[at - 3] {
            TokenTree::Ident(ident) => ident != "use" && ident != "in",
            TokenTree::Punct(punct) => punct.as_char() == '>',
            TokenTree::Group(_) | TokenTree::Literal(_) => false,
        }
}

#[test]
fn a_name_is_found_wherever_it_hides() {
    let text = r#"
        use crate::{keys::Key, store, launch::{Parked, lti}};
        use ::sqlx::Pool;
        use boundary::registration::LtiTool;
        mod cas;
        fn f() { super::super::http::serve(); self::inner::x(); super::depart(); }
        mod inside { fn g() { super::super::super::pages::show(super::super::journal()); } }
        fn h() { tracing::info!("{}", crate::trust::sets()); lti::here(); cas::here(); jose::verify::<oidc::Token>(); }
        #[serde(with = "crate::config::words")]
        struct S;
    "#;
    let file = RustFile { path: "src/launch/arrive.rs".to_owned(), text: text.to_owned() };
    let names = file.names();
    let modules: Vec<&str> = names
        .iter()
        .filter_map(|(_, named)| match named {
            Named::Module(name) => Some(name.as_str()),
            Named::Crate(_) => None,
        })
        .collect();
    assert_eq!(modules, ["keys", "store", "launch", "http", "pages", "trust", "config"]);
    for name in ["sqlx", "boundary", "jose", "oidc", "tracing"] {
        assert!(names.iter().any(|(_, named)| *named == Named::Crate(name.to_owned())), "{name}");
    }
    for name in ["lti", "cas", "registration", "verify"] {
        assert!(names.iter().all(|(_, named)| *named != Named::Crate(name.to_owned())), "{name}");
    }
    assert!(names.contains(&(3, Named::Crate("sqlx".to_owned()))));
}
