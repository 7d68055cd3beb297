//! The shape of sources: how long files and functions may be, how a file opens, and names that say nothing.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::complain;
use super::source::rust_files;

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 60;
/// Names under which anything can be put, and is.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "manager", "managers", "helper", "helpers", "misc"];

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for file in rust_files(&["."]) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES {
            wrong.push(format!("{}:{lines}: {lines} lines; a file has at most {FILE_LINES}", file.path));
        }
    }
    complain(wrong);
}

#[test]
fn no_function_is_too_long() {
    let mut wrong = Vec::new();
    for file in rust_files(&["."]).iter().filter(|file| !file.is_test()) {
        let tree = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut functions = Functions { path: &file.path, wrong: &mut wrong };
        functions.visit_file(&tree);
    }
    complain(wrong);
}

#[test]
fn every_source_opens_by_saying_its_duty() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src", "connectors", "conformance"]) {
        if file.path.split('/').any(|part| part == "src") && !file.text.starts_with("//!") {
            wrong.push(format!("{}:1: a file opens with `//!` and its one duty", file.path));
        }
    }
    complain(wrong);
}

#[test]
fn no_lint_is_silenced_for_good() {
    let mut wrong = Vec::new();
    for file in rust_files(&["."]) {
        let tokens = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
        for line in allows(tokens) {
            wrong.push(format!("{}:{line}: `allow` outlives its reason; use `expect` with one", file.path));
        }
    }
    complain(wrong);
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    let mut wrong = Vec::new();
    for file in rust_files(&["."]) {
        if let Some(part) =
            file.path.trim_end_matches(".rs").split('/').find(|part| EMPTY_NAMES.contains(part))
        {
            wrong.push(format!("{}:1: `{part}` says nothing; name what is in it", file.path));
        }
        for (index, text) in file.text.lines().enumerate() {
            let declared = text.split("mod ").nth(1).filter(|_| text.trim_end().ends_with([';', '{']));
            let name = declared.map(|rest| rest.trim_end_matches([';', '{', ' ']));
            if let Some(name) = name.filter(|name| EMPTY_NAMES.contains(name)) {
                wrong.push(format!("{}:{}: `{name}` says nothing; name what is in it", file.path, index + 1));
            }
        }
    }
    complain(wrong);
}

/// Lines of attributes that allow a lint, also behind `cfg_attr` and inside macros.
fn allows(tokens: TokenStream) -> Vec<usize> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let hash = |back: usize| at >= back && tokens[at - back].to_string() == "#";
        let attribute = hash(1) || (hash(2) && tokens[at - 1].to_string() == "!");
        if attribute && allows_a_lint(group.stream()) {
            lines.push(group.span_open().start().line);
        } else {
            lines.extend(allows(group.stream()));
        }
    }
    lines
}

fn allows_a_lint(attribute: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match (tokens.first().map(ToString::to_string).as_deref(), tokens.get(1)) {
        (Some("allow"), Some(TokenTree::Group(_))) => true,
        (Some("cfg_attr"), Some(TokenTree::Group(group))) => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            inner
                .windows(2)
                .any(|pair| pair[0].to_string() == "allow" && matches!(pair[1], TokenTree::Group(_)))
        }
        _ => false,
    }
}

struct Functions<'a> {
    path: &'a str,
    wrong: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.span().start().line;
        let lines = body.span().end().line + 1 - first;
        if lines > FUNCTION_LINES {
            self.wrong.push(format!(
                "{}:{first}: `{}` has {lines} lines; a function has at most {FUNCTION_LINES}",
                self.path, signature.ident
            ));
        }
    }
}

/// Whether attributes mark a test, or something that is built for tests alone.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let named_test = attribute.path().segments.last().is_some_and(|last| last.ident == "test");
        let cfg_test = attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test");
        named_test || cfg_test
    })
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !for_tests(&item.attrs) {
            self.measure(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            self.measure(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}
