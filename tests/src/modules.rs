//! Which module of a crate imports which, as its sources say.
//!
//! A module is named by its path in the crate, such as `template::scope`; the root is `crate`. What a module has in its
//! unit tests does not count, nor does `pub use`, which only gives a name to what is elsewhere: whoever uses
//! that name imports the module that the name comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The modules that each module imports.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// The imports of the crate or test whose root is the file `root`, such as `src/lib.rs`.
pub fn imports(root: &Path) -> Imports {
    let mut modules = BTreeMap::new();
    read(root, &[], true, &mut modules);
    let edges = modules.iter().map(|(path, module)| {
        let used = module.used.iter().filter_map(|used| owner(&modules, used));
        (name(path), used.filter(|other| other != path).map(|other| name(&other)).collect())
    });
    edges.collect()
}

/// The sets of modules that import each other, directly or by way of others.
pub fn circles(imports: &Imports) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(imports[module].iter().filter(|other| seen.insert((*other).clone())));
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> = imports.keys().map(|module| (module, reached(module))).collect();
    let circle =
        |module: &String| reached[module].iter().filter(|other| reached[other].contains(module)).cloned().collect();
    reached.keys().filter(|module| reached[**module].contains(**module)).map(|module| circle(module)).collect()
}

/// The names of the modules around a module, from the root's first child on, and its own.
type Names = Vec<String>;

#[derive(Default)]
struct Module {
    /// The modules in files of their own that it declares.
    children: BTreeSet<String>,
    /// Every path from the root that it uses.
    used: BTreeSet<Names>,
    /// What it gives a second name by `pub use`, and where that is.
    again: BTreeMap<String, Names>,
}

fn read(file: &Path, path: &[String], is_root: bool, modules: &mut BTreeMap<Names, Module>) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|problem| panic!("{}: {problem}", file.display()));
    let tokens: TokenStream = text.parse().unwrap_or_else(|problem| panic!("{}: {problem}", file.display()));
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut module = Module::default();
    for (index, token) in tokens.iter().enumerate() {
        if is_word(token, "mod")
            && let (Some(TokenTree::Ident(child)), Some(end)) = (tokens.get(index + 1), tokens.get(index + 2))
            && is_mark(end, ';')
        {
            module.children.insert(child.to_string());
        }
    }
    scan(&tokens, path, &mut module);
    let is_folder = is_root || file.file_name().is_some_and(|name| name == "mod.rs");
    let folder = if is_folder { file.with_file_name("") } else { file.with_extension("") };
    for child in &module.children {
        let path = [path, std::slice::from_ref(child)].concat();
        let file = folder.join(format!("{child}.rs"));
        let file = if file.exists() { file } else { folder.join(child).join("mod.rs") };
        read(&file, &path, false, modules);
    }
    modules.insert(path.to_vec(), module);
}

/// Notes every path among `tokens` that is in this crate: from `crate`, `super`, `self`, or a module that this one declares.
fn scan(tokens: &[TokenTree], path: &[String], module: &mut Module) {
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if is_word(token, "mod") && matches!(tokens.get(index + 2), Some(TokenTree::Group(_))) {
            index += 3;
            continue;
        }
        if let TokenTree::Group(group) = token {
            scan(&group.stream().into_iter().collect::<Vec<_>>(), path, module);
        }
        let starts =
            index == 0 || !matches!(&tokens[index - 1], TokenTree::Punct(mark) if matches!(mark.as_char(), ':' | '.'));
        let from = match token {
            TokenTree::Ident(word) if starts => match word.to_string().as_str() {
                "crate" => Some(Vec::new()),
                "self" => Some(path.to_vec()),
                "super" => path.split_last().map(|(_, around)| around.to_vec()),
                word if module.children.contains(word) => Some([path, &[word.to_owned()]].concat()),
                _ => None,
            },
            _ => None,
        };
        let is_path = tokens.get(index + 1).is_some_and(|next| is_mark(next, ':'))
            && tokens.get(index + 2).is_some_and(|next| is_mark(next, ':'));
        if let Some(from) = from.filter(|_| is_path) {
            let mut found = Vec::new();
            follow(&tokens[index + 3..], from, &mut found);
            if is_again(&tokens[..index]) {
                module.again.extend(found);
            } else {
                module.used.extend(found.into_iter().map(|(_, path)| path));
            }
        }
        index += 1;
    }
}

/// Whether what comes before a path makes it a `pub use` of any kind.
fn is_again(before: &[TokenTree]) -> bool {
    match before {
        [.., published, word] if is_word(word, "use") => {
            is_word(published, "pub")
                || matches!(published, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
        }
        _ => false,
    }
}

/// The paths that go on from `from` with `tokens`, each with the name that it has after.
fn follow(tokens: &[TokenTree], mut from: Names, found: &mut Vec<(String, Names)>) {
    match tokens {
        [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in inner.split(|token| is_mark(token, ',')).filter(|part| !part.is_empty()) {
                follow(part, from.clone(), found);
            }
        }
        [TokenTree::Ident(word), rest @ ..] => {
            match word.to_string().as_str() {
                "super" => drop(from.pop()),
                "self" => {}
                word => from.push(word.to_owned()),
            }
            match rest {
                [one, other, rest @ ..] if is_mark(one, ':') && is_mark(other, ':') => follow(rest, from, found),
                [word, TokenTree::Ident(name), ..] if is_word(word, "as") => found.push((name.to_string(), from)),
                _ => found.push((from.last().cloned().unwrap_or_default(), from)),
            }
        }
        // `*`, or generics.
        _ => found.push((String::new(), from)),
    }
}

/// The module that has what `path` names.
fn owner(modules: &BTreeMap<Names, Module>, path: &Names) -> Option<Names> {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(length);
    match rest.first().and_then(|name| modules[module].again.get(name)) {
        Some(elsewhere) => owner(modules, &[elsewhere.as_slice(), &rest[1..]].concat()),
        None => Some(module.to_vec()),
    }
}

fn name(path: &Names) -> String {
    if path.is_empty() { "crate".to_owned() } else { path.join("::") }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}
