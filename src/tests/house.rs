//! The architecture, enforced: who may know whom, where a feature gate may stand, and how a file is not named.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    UseTree,
    visit::{self, Visit},
};

/// A module and what it may name beside itself. The longest that fits a file counts.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("failpoint", &[]),
    ("components", &["domain"]),
    // The frame shows what runs on every page.
    ("components::layout", &["components", "domain", "live"]),
    ("live", &["domain"]),
    ("pages", &["components", "domain", "live", "server_fns"]),
    ("app", &["components", "domain", "live", "pages", "server_fns"]),
    ("server_fns", &["domain", "server::call", "server::services"]),
    ("server::call", &["domain", "server::auth", "server::state"]),
    ("server::error", &["domain", "server::rclone", "server::store"]),
    ("server::client", &[]),
    ("server::events", &["domain"]),
    ("server::platform", &["domain"]),
    ("server::config", &["domain"]),
    ("server::mount_table", &[]),
    ("server::outbound", &[]),
    ("server::rclone", &[]),
    ("server::rclone::flags", &["domain"]),
    ("server::rclone::wire", &["domain"]),
    ("server::rclone::error", &["domain", "server::rclone::wire"]),
    (
        "server::rclone::config",
        &["domain", "server::outbound", "server::platform", "server::rclone::error", "server::rclone::wire"],
    ),
    (
        "server::rclone::program",
        &["domain", "server::outbound", "server::platform", "server::rclone::error", "server::rclone::wire"],
    ),
    (
        "server::rclone::log",
        &["domain", "server::platform", "server::rclone::error", "server::rclone::program", "server::rclone::wire"],
    ),
    (
        "server::rclone::providers",
        &["domain", "server::rclone::config", "server::rclone::error", "server::rclone::wire"],
    ),
    (
        "server::rclone::rc",
        &["domain", "server::platform", "server::rclone::error", "server::rclone::program", "server::rclone::wire"],
    ),
    (
        "server::rclone::shim",
        &["failpoint", "domain", "server::platform", "server::rclone::error", "server::rclone::program"],
    ),
    (
        "server::rclone::manager",
        &[
            "domain",
            "server::outbound",
            "server::platform",
            "server::rclone::config",
            "server::rclone::error",
            "server::rclone::flags",
            "server::rclone::log",
            "server::rclone::program",
            "server::rclone::providers",
            "server::rclone::rc",
            "server::rclone::shim",
            "server::rclone::wire",
        ],
    ),
    (
        "server::rclone::browse",
        &[
            "domain",
            "server::platform",
            "server::rclone::config",
            "server::rclone::error",
            "server::rclone::manager",
            "server::rclone::program",
            "server::rclone::rc",
            "server::rclone::wire",
        ],
    ),
    (
        "server::rclone::remotes",
        &[
            "domain",
            "server::outbound",
            "server::platform",
            "server::rclone::config",
            "server::rclone::error",
            "server::rclone::manager",
            "server::rclone::program",
            "server::rclone::providers",
            "server::rclone::rc",
            "server::rclone::wire",
        ],
    ),
    (
        "server::rclone::run",
        &[
            "domain",
            "server::platform",
            "server::rclone::error",
            "server::rclone::flags",
            "server::rclone::log",
            "server::rclone::manager",
            "server::rclone::program",
            "server::rclone::rc",
            "server::rclone::shim",
            "server::rclone::wire",
        ],
    ),
    (
        "server::rclone::mount",
        &[
            "domain",
            "server::mount_table",
            "server::platform",
            "server::rclone::config",
            "server::rclone::error",
            "server::rclone::log",
            "server::rclone::manager",
            "server::rclone::program",
            "server::rclone::rc",
            "server::rclone::shim",
            "server::rclone::wire",
        ],
    ),
    ("server::identity", &["domain", "server::outbound"]),
    ("server::store", &["domain"]),
    ("server::shares", &["domain"]),
    ("server::auth", &["domain", "server::client", "server::platform", "server::error", "server::store"]),
    ("server::locations", &["domain", "server::error", "server::rclone"]),
    ("server::listings", &["domain", "server::error", "server::platform", "server::rclone", "server::shares"]),
    ("server::reads", &["domain", "server::auth"]),
    (
        "server::engine",
        &[
            "failpoint",
            "domain",
            "server::events",
            "server::locations",
            "server::platform",
            "server::rclone",
            "server::store",
        ],
    ),
    (
        "server::services",
        &[
            "domain",
            "server::auth",
            "server::engine",
            "server::error",
            "server::events",
            "server::identity",
            "server::listings",
            "server::locations",
            "server::outbound",
            "server::rclone",
            "server::reads",
            "server::shares",
            "server::state",
            "server::store",
        ],
    ),
    (
        "server::http",
        &["app", "domain", "server::auth", "server::client", "server::services", "server::shares", "server::state"],
    ),
    (
        "server::state",
        &[
            "domain",
            "server::auth",
            "server::engine",
            "server::events",
            "server::listings",
            "server::locations",
            "server::platform",
            "server::rclone",
            "server::reads",
            "server::shares",
            "server::store",
        ],
    ),
    ("server", &["domain", "server"]),
];

/// Crates that a room does without: what they are about is decided elsewhere.
const DOES_WITHOUT: &[(&str, &[&str])] = &[
    // Who somebody is does not depend on how a request is written: headers and cookies are read in `server::http`.
    ("server::auth", &["axum", "axum_extra", "http", "hyper", "leptos_axum", "tower", "tower_http"]),
];

/// Names that say nothing.
const NO_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "misc"];

#[test]
fn arrows_run_one_way() {
    let mut wrong = Vec::new();
    for file in files() {
        let module = module(&file);
        if module.is_empty() || module[0] == "main" || module.iter().any(|part| part == "tests") {
            continue;
        }
        let path = module.join("::");
        let Some((room, known)) =
            MAY_KNOW.iter().filter(|(room, _)| is_in(&path, room)).max_by_key(|(room, _)| room.len())
        else {
            wrong.push(format!("{path}: no room of the house"));
            continue;
        };
        for named in named(&file, &module) {
            if !is_in(&named, room) && !known.iter().any(|other| is_in(&named, other)) {
                wrong.push(format!("{path} names {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden arrows:\n{}", wrong.join("\n"));
}

#[test]
fn rooms_do_without_the_crates_of_others() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files() {
        let module = module(&file);
        let path = module.join("::");
        let Some((room, crates)) = DOES_WITHOUT.iter().find(|(room, _)| is_in(&path, room)) else { continue };
        if module.iter().any(|part| part == "tests") {
            continue;
        }
        seen.insert(*room);
        for path_named in paths(&file) {
            if crates.contains(&path_named[0].as_str()) {
                wrong.push(format!("{path} names {}", path_named.join("::")));
            }
        }
    }
    assert_eq!(seen.len(), DOES_WITHOUT.len(), "a room was not found");
    assert!(wrong.is_empty(), "crates that belong elsewhere:\n{}", wrong.join("\n"));
}

#[test]
fn no_circle_runs_through_two_folders() {
    let rooms: HashMap<String, PathBuf> = files()
        .into_iter()
        .map(|file| (module(&file).join("::"), file))
        .filter(|(path, _)| !path.is_empty() && !path.split("::").any(|part| part == "tests" || part == "main"))
        .collect();
    // The file that a name lies in: the longest module that it begins with.
    let room = |name: &str| {
        let ends = name.rmatch_indices("::").map(|(at, _)| at);
        [name.len()]
            .into_iter()
            .chain(ends)
            .find_map(|end| rooms.get_key_value(&name[..end]).map(|(path, _)| path.as_str()))
    };
    let arrows: HashMap<&str, BTreeSet<&str>> = rooms
        .iter()
        .map(|(path, file)| {
            let named = named(file, &module(file));
            let mut to: BTreeSet<_> = named.iter().filter_map(|name| room(name)).collect();
            to.remove(path.as_str());
            (path.as_str(), to)
        })
        .collect();
    let reach: HashMap<_, _> = arrows.keys().map(|path| (*path, reached(path, &arrows))).collect();
    let mut circles = Vec::new();
    for (a, to) in &arrows {
        for b in to {
            let folder = |path: &str| rooms[path].parent().map(Path::to_owned);
            if reach[b].contains(a) && folder(a) != folder(b) {
                circles.push(format!("{a} names {b}, and comes back"));
            }
        }
    }
    circles.sort();
    assert!(circles.is_empty(), "circles through two folders:\n{}", circles.join("\n"));
}

#[test]
fn feature_gates_stand_in_lib_rs_only() {
    for file in files().iter().filter(|file| !file.ends_with("lib.rs") && !file.ends_with("house.rs")) {
        assert!(!read(file).contains("cfg(feature"), "{}", file.display());
    }
}

#[test]
fn names_say_something_and_every_file_says_what_it_owns() {
    for file in files() {
        let stem = file.file_stem().expect("a name").to_string_lossy();
        assert!(!NO_NAMES.contains(&stem.as_ref()), "{}", file.display());
        assert!(read(&file).starts_with("//!"), "{} does not begin by saying what it owns", file.display());
    }
}

#[test]
fn sql_stands_in_the_store_only() {
    for file in files() {
        let module = module(&file).join("::");
        if is_in(&module, "server::store") || module.split("::").any(|part| part == "tests") {
            continue;
        }
        let text = read(&file);
        for sql in ["sqlx::query", "SELECT ", "INSERT INTO ", "UPDATE runs"] {
            assert!(!text.contains(sql), "{} holds SQL", file.display());
        }
    }
}

#[test]
fn no_two_types_of_the_rest_api_have_one_name() {
    let mut seen = HashMap::new();
    for file in files() {
        for item in syn::parse_file(&read(&file)).expect("Rust").items {
            let (attributes, name) = match &item {
                syn::Item::Struct(item) => (&item.attrs, &item.ident),
                syn::Item::Enum(item) => (&item.attrs, &item.ident),
                _ => continue,
            };
            let derives = attributes
                .iter()
                .filter_map(|attribute| attribute.meta.require_list().ok())
                .filter(|list| list.path.is_ident("derive"));
            if derives.into_iter().any(|list| list.tokens.to_string().contains("ToSchema"))
                && let Some(other) = seen.insert(name.to_string(), file.clone())
            {
                // In the description the second would silently take the place of the first.
                panic!("{name} is described by {} and by {}", other.display(), file.display());
            }
        }
    }
    assert!(seen.len() > 50, "the types were not found");
}

#[test]
fn every_process_says_how_far_it_may_reach() {
    // Each file that may start a process without `Process`, and each that may start one without a sandbox.
    let plain = ["server/rclone/program/spawn.rs", "server/rclone/mount/mod.rs"];
    let unconfined = ["server/rclone/mount/mod.rs", "server/rclone/shim/mod.rs"];
    for file in files().iter().filter(|file| file.starts_with(src().join("server"))) {
        let (path, text) = (file.strip_prefix(src()).expect("below src"), read(file));
        if module(file).iter().any(|part| part == "tests") {
            continue;
        }
        let text = text.split("#[cfg(test)]").next().expect("code");
        for start in ["Command::new(", "posix_spawn(", "libc::execv", "libc::fork(", "CommandExt"] {
            assert!(
                !text.contains(start) || plain.iter().any(|plain| path == Path::new(plain)),
                "{} starts a process by {start}",
                path.display()
            );
        }
        let says = path == Path::new("server/rclone/program/sandbox/mod.rs")
            || unconfined.iter().any(|unconfined| path == Path::new(unconfined));
        assert!(!text.contains("Reach::User(") || says, "{} starts a process without a sandbox", path.display());
    }
}

#[test]
fn background_tasks_are_started_in_their_registry_only() {
    // What may start a task without a name, how often: each is short, and somebody waits for it or ends it.
    let short = [
        ("server/engine/run.rs", 1, "ends with the guards for which it waits"),
        ("server/engine/silence.rs", 1, "its answer is waited for"),
        ("server/http/backups/files.rs", 1, "aborted with the answer that it limits"),
        ("server/http/render.rs", 1, "what leptos starts outside of a page"),
        ("server/rclone/manager/tokens.rs", 1, "its caller waits for it, and may go away"),
        ("server/rclone/program/tasks.rs", 1, "its caller waits for it, and may go away"),
        ("server/rclone/shim/mod.rs", 1, "reaps a process"),
        ("server/services/remotes.rs", 1, "its caller waits for it, and may go away"),
        ("server/services/runs/control.rs", 1, "its caller waits for it, and may go away"),
    ];
    for file in files().iter().filter(|file| file.starts_with(src().join("server"))) {
        if module(file).iter().any(|part| part == "tests") || file.ends_with("platform/tasks.rs") {
            continue;
        }
        let (path, text) = (file.strip_prefix(src()).expect("below src"), read(file));
        let text = text.split("#[cfg(test)]").next().expect("code");
        let starts: usize =
            ["tokio::spawn(", "task::spawn(", "TaskTracker"].iter().map(|start| text.matches(start).count()).sum();
        let allowed = short.iter().find(|(short, ..)| path == Path::new(short)).map_or(0, |(_, times, _)| *times);
        assert_eq!(starts, allowed, "{}: start background tasks by platform/tasks.rs", path.display());
    }
}

/// All that can be reached from a file, itself when it lies on a circle.
fn reached<'a>(from: &'a str, arrows: &HashMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(path) = next.pop() {
        next.extend(arrows[path].iter().filter(|to| seen.insert(**to)).copied());
    }
    seen
}

fn is_in(path: &str, room: &str) -> bool {
    path.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Everything below `crate` that a file names, with `super` resolved.
fn named(file: &Path, module: &[String]) -> Vec<String> {
    let full = |segments: Vec<String>| {
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        match segments[0].as_str() {
            "crate" => segments[1..].to_vec(),
            // In a nested module (tests) one `super` more is written; what is left then is too long, and lies in the
            // own room.
            "super" => [&module[..module.len().saturating_sub(supers)], &segments[supers..]].concat(),
            _ => Vec::new(),
        }
    };
    paths(file).into_iter().map(full).filter(|full| !full.is_empty()).map(|full| full.join("::")).collect()
}

/// Every path that a file names, segment by segment, as it is written.
fn paths(file: &Path) -> Vec<Vec<String>> {
    #[derive(Default)]
    struct Paths(Vec<Vec<String>>);
    impl Paths {
        fn add(&mut self, segments: &[String]) {
            if !segments.is_empty() {
                self.0.push(segments.to_vec());
            }
        }
        fn tree(&mut self, before: &[String], tree: &UseTree) {
            match tree {
                UseTree::Path(path) => self.tree(&[before, &[path.ident.to_string()]].concat(), &path.tree),
                UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
                UseTree::Name(name) => self.add(&[before, &[name.ident.to_string()]].concat()),
                UseTree::Rename(name) => self.add(&[before, &[name.ident.to_string()]].concat()),
                UseTree::Glob(_) => self.add(before),
            }
        }
    }
    impl<'ast> Visit<'ast> for Paths {
        fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
            self.tree(&[], &item.tree);
        }
        fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
            // Tests may look wherever they need to.
            if item.ident != "tests" {
                visit::visit_item_mod(self, item);
            }
        }
        // Who may see an item is no arrow.
        fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
        fn visit_path(&mut self, path: &'ast syn::Path) {
            let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(&segments);
            visit::visit_path(self, path);
        }
    }
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(&read(file)).expect("Rust"));
    paths.0
}

/// `src/server/store/runs.rs` is `server::store::runs`.
fn module(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(src()).expect("below src").with_extension("");
    let mut names: Vec<_> = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod" || name == "lib") {
        names.pop();
    }
    names
}

fn files() -> Vec<PathBuf> {
    fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&src(), &mut files);
    assert!(files.len() > 50, "the source was not found");
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("readable")
}
