//! A client that a stock generator makes from the API's description: it is made without a warning, each answer has its
//! type, and it works.

use std::{fs, path::Path, process::Command};

use crate::support::{Console, program, run_longshore, write};

/// What the generator has to know: the raw log is text, whatever its lines are.
const CONFIG: &str = "project_name_override: longshore-client\npackage_name_override: longshore_client\n\
                      content_type_overrides:\n  application/x-ndjson: text/plain\n";

#[tokio::test]
async fn a_generated_client_has_every_type_and_makes_a_journey() {
    let Some(generator) = program("openapi-python-client", "PyPI: openapi-python-client") else { return };
    let console = Console::start();
    write(&console.root(), "out/a b.txt", b"four");
    write(&console.root(), "out/folder/\u{fc}.txt", b"fives");
    fs::create_dir(console.root().join("shelf")).expect("a folder");
    let dir = tempfile::tempdir().expect("a folder");
    let document = dir.path().join("openapi.json");
    let printed = run_longshore(&console.data(), &["openapi"], "");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    fs::write(&document, printed.stdout).expect("written");
    fs::write(dir.path().join("config.yaml"), CONFIG).expect("written");

    let bin = generator.parent().expect("a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut generate = Command::new(&generator);
    generate.args([
        "generate",
        "--meta",
        "none",
        "--output-path",
        "longshore_client",
        "--config",
        "config.yaml",
        "--path",
        "openapi.json",
    ]);
    let said = finish(generate.current_dir(dir.path()).env("PATH", path));
    for word in ["Warning", "WARNING", "Unable", "removal", "Error"] {
        assert!(!said.contains(word), "{said}");
    }

    let mut journey = Command::new(bin.join("python"));
    journey.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/client.py"));
    journey.arg(&document).args([console.origin(), console.token()]).arg(console.root());
    finish(journey.current_dir(dir.path()).env("NO_PROXY", "*"));
}

/// Runs a command to its good end; all that it said.
fn finish(command: &mut Command) -> String {
    let output = command.output().expect("starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}
