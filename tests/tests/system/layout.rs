//! Rules for the workspace: which crate may import which, how crates are named, and what a function
//! must not do.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use tests::modules;

/// Which crates of the workspace each crate may import, as in `ARCHITECTURE.md`.
fn may_import(from: &str, to: &str, functions: &BTreeSet<String>) -> bool {
    match from {
        "domain" => false,
        "protocol" | "store" | "push" => to == "domain",
        "runtime" => matches!(to, "domain" | "protocol" | "store" | "push"),
        "operations" => matches!(to, "domain" | "protocol" | "store" | "runtime"),
        "import" => matches!(to, "domain" | "store"),
        "local" => matches!(to, "domain" | "protocol" | "runtime") || functions.contains(to),
        "fuzz" => matches!(to, "domain" | "protocol"),
        // These may import everything, and no crate may import them.
        "tests" | "bench" | "xtask" => !matches!(to, "tests" | "bench" | "fuzz" | "xtask"),
        function if functions.contains(function) => {
            matches!(to, "domain" | "protocol" | "store" | "push" | "runtime" | "operations")
        }
        _ => false,
    }
}

/// SDK crates that only one crate may import. Dev-dependencies are not checked.
const OWNERS: [(&str, &[&str]); 4] = [
    ("aws-sdk-dynamodb", &["store", "tests", "bench"]),
    ("aws-sdk-apigatewaymanagement", &["push", "tests", "bench"]),
    ("aws-sdk-secretsmanager", &["authorizer"]),
    ("dynoxide-rs", &["local", "bench"]),
];

#[test]
fn imports_go_one_way() {
    let metadata = metadata();
    let members = members(&metadata);
    let functions = functions(&metadata);
    let mut wrong = Vec::new();
    for (name, package) in &members {
        let inside = package.dependencies.iter().filter(|dependency| members.contains_key(&dependency.name));
        for dependency in inside {
            if !may_import(name, &dependency.name, &functions) {
                wrong.push(format!("{name} imports {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_sdk_has_one_user() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for (name, package) in members(&metadata) {
        for (sdk, owners) in OWNERS {
            let shipped = package.dependencies.iter().filter(|it| it.kind == DependencyKind::Normal);
            if shipped.into_iter().any(|it| it.name == sdk) && !owners.contains(&name.as_str()) {
                wrong.push(format!("{name} imports {sdk}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn folders_are_named_like_their_crates() {
    for (name, package) in members(&metadata()) {
        let folder = package.manifest_path.parent().unwrap();
        assert_eq!(folder.file_name(), Some(name.as_str()), "{folder}");
    }
}

/// Circular imports that are left, as `crate: module, module`. The list may only get shorter. In
/// most of them child modules use types of their parent.
const KNOWN_CIRCLES: &[&str] = &[
    "bench: compare, compare::idle, compare::jitter, compare::start",
    "bench: growth, growth::connections, growth::conversation, growth::inbox",
    "bench: report, report::aims, report::compare, report::growth, report::importing, report::limit, report::profile, report::starts",
    "import: source, source::csv, source::json_lines, source::sql, source::sql::names, source::sql::queries",
    "import: translate, translate::conversation",
    "local: http_api, http_api::event",
    "local: pages, pages::build, pages::status_page",
    "xtask: generate, generate::typescript",
    "xtask: sam, sam::events, sam::journeys, sam::pages, sam::stack",
];

/// Modules that import each other can only be understood together.
#[test]
fn modules_import_each_other_in_no_circle() {
    let mut found = BTreeSet::new();
    for (name, package) in members(&metadata()) {
        for target in package.targets.iter().filter(|target| !target.is_custom_build()) {
            for circle in modules::circles(&modules::imports(target.src_path.as_std_path())) {
                let circle = circle.into_iter().collect::<Vec<_>>().join(", ");
                found.insert(format!("{name}: {circle}"));
            }
        }
    }
    let known = KNOWN_CIRCLES.iter().map(|circle| (*circle).to_owned()).collect();
    assert_eq!(found, known, "left: found, right: known");
}

/// Lambda freezes a process after its answer. A spawned task would run during a later invocation,
/// or never.
#[test]
fn functions_start_no_background_tasks() {
    let root = metadata().workspace_root.into_std_path_buf();
    for folder in ["functions", "shared"] {
        for file in sources(&root.join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for banned in ["tokio::spawn", "task::spawn", "thread::spawn"] {
                assert!(!text.contains(banned), "{} uses {banned}", file.display());
            }
        }
    }
}

/// `sam build` uses one target directory for all functions, so two binaries with one name would
/// overwrite each other.
#[test]
fn binary_names_are_unique() {
    let mut seen = BTreeMap::new();
    for (name, package) in members(&metadata()) {
        for target in package.targets.iter().filter(|target| target.is_bin()) {
            let other = seen.insert(target.name.clone(), name.clone());
            assert_eq!(other, None, "{} is a binary of two crates", target.name);
        }
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().unwrap()
}

fn members(metadata: &Metadata) -> BTreeMap<String, Package> {
    metadata.workspace_packages().into_iter().map(|package| (package.name.to_string(), package.clone())).collect()
}

fn functions(metadata: &Metadata) -> BTreeSet<String> {
    let is_function = |package: &Package| package.manifest_path.starts_with(metadata.workspace_root.join("functions"));
    members(metadata).into_iter().filter(|(_, package)| is_function(package)).map(|(name, _)| name).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}
