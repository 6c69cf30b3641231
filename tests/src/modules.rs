//! Finds which module of a crate imports which other modules, by reading the source files.
//!
//! A module is named by its path in the crate, such as `template::scope`; the root is `crate`. Unit
//! tests inside a module are ignored. A `pub use` does not count as an import: a module that uses
//! the re-exported name imports the module that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The imported modules of each module.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// Reads the imports of the crate or test with the root file `root`, such as `src/lib.rs`.
pub fn imports(root: &Path) -> Imports {
    let mut modules = BTreeMap::new();
    read(root, &[], true, &mut modules);
    let edges = modules.iter().map(|(path, module)| {
        let used = module.used.iter().filter_map(|used| owner(&modules, used));
        (name(path), used.filter(|other| other != path).map(|other| name(&other)).collect())
    });
    edges.collect()
}

/// The import cycles: sets of modules that import each other, directly or indirectly.
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

/// The path of a module from the crate's root, without the root.
type Names = Vec<String>;

#[derive(Default)]
struct Module {
    /// The modules in files of their own that this module declares.
    children: BTreeSet<String>,
    /// Every path in this crate that it uses, starting from the root.
    used: BTreeSet<Names>,
    /// The names that it re-exports with `pub use`, with their original paths.
    reexports: BTreeMap<String, Names>,
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

/// Collects every path among `tokens` that refers to this crate: it starts with `crate`, `super`,
/// `self`, or a child module.
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
            if is_reexport(&tokens[..index]) {
                module.reexports.extend(found);
            } else {
                module.used.extend(found.into_iter().map(|(_, path)| path));
            }
        }
        index += 1;
    }
}

/// Returns true if the tokens before a path make it a `pub use` or `pub(…) use`.
fn is_reexport(before: &[TokenTree]) -> bool {
    match before {
        [.., published, word] if is_word(word, "use") => {
            is_word(published, "pub")
                || matches!(published, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
        }
        _ => false,
    }
}

/// Collects the paths that begin with `from` and continue with `tokens`, each with the name it is
/// imported as.
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

/// The module that defines what `path` names.
fn owner(modules: &BTreeMap<Names, Module>, path: &Names) -> Option<Names> {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(length);
    match rest.first().and_then(|name| modules[module].reexports.get(name)) {
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
