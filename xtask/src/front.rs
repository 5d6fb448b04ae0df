//! Builds what the browser is given: WASM and its glue, the style sheet, and the files of `public/`.
//!
//! ```text
//! target/site/hash.txt                       the digest that names the folder below
//! target/site/pkg/<digest>/longshore.{wasm,js,css}   may be cached for ever: new content has a new name
//! target/site/pkg/<digest>/*.wasm                    what a page needs beyond that, loaded when the page is opened
//! target/site/pkg/<digest>/apidocs/                  what shows the API's description
//! target/site/…                              the files of public/
//! ```
//! In a release, `.br` and `.gz` lie beside each.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};

use crate::{apidocs, compress, process, repo::Repo, site, steps::Steps};

const TARGET: &str = "wasm32-unknown-unknown";

/// For whom it is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, large.
    Debug,
    /// Small, compressed, slow to build.
    Release,
}

impl Profile {
    const fn cargo(self) -> &'static str {
        match self {
            Self::Debug => "dev",
            Self::Release => "wasm-release",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "wasm-release",
        }
    }
}

/// Builds the site into `target/site`, unless nothing that it is made of has changed.
pub fn build(repo: &Repo, steps: &mut Steps, profile: Profile) -> Result<()> {
    steps.take("browser code", || {
        process::run(process::cargo().args(["build", "--package", "longshore", "--lib", "--target", TARGET]).args([
            "--no-default-features",
            "--features",
            "hydrate",
            "--profile",
            profile.cargo(),
        ]))
    })?;
    let docs = repo.made("apidocs");
    apidocs::lay_out(repo, steps, &docs)?;
    steps.take("site", || {
        let wasm = repo.cargo_target.join(TARGET).join(profile.folder()).join("longshore.wasm");
        let (style, public, stamp) = (repo.root.join("style"), repo.root.join("public"), repo.made("site.stamp"));
        let code = fs::read(&wasm).with_context(|| format!("read {}", wasm.display()))?;
        let made_of = site::digest(&format!("{} {}", profile.cargo(), site::sha256(&code)), &[&style, &public, &docs])?;
        if fs::read_to_string(&stamp).is_ok_and(|last| last == made_of) && repo.site().join("hash.txt").exists() {
            return Ok(());
        }
        let next = repo.made("site.next");
        site::remove(&next)?;
        fs::create_dir_all(next.join("pkg"))?;
        glue(&code, profile, &next.join("pkg"))?;
        fs::write(next.join("pkg/longshore.css"), css(&style.join("main.css"), profile)?)?;
        site::copy(&docs, &next.join("pkg/apidocs"))?;
        site::copy(&public, &next)?;
        publish(&next, &repo.site(), profile)?;
        fs::write(&stamp, made_of)?;
        Ok(())
    })
}

/// Splits lazy pages out of the code, and gives it what `wasm-bindgen --target web` makes, under the names that leptos
/// asks for.
fn glue(code: &[u8], profile: Profile, to: &Path) -> Result<()> {
    let main = to.join("main.wasm");
    let mut split = wasm_split_cli_support::Options::new(code);
    split.output_dir = to;
    split.main_out_path = &main;
    split.main_module = "./longshore.js";
    // As long as the digest that it could be: leptos was compiled with this name.
    split.link_name = "./__wasm_split.______________________.js";
    wasm_split_cli_support::transform(split).map_err(|error| anyhow!("{error:?}"))?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_bytes("longshore", fs::read(&main)?)
        .web(true)?
        .typescript(false)
        // The parts call each other by what the linker exported.
        .keep_lld_exports(true)
        .demangle(false)
        // Debug information makes the file ten times larger; names alone give readable traces.
        .keep_debug(false)
        .remove_name_section(profile == Profile::Release)
        .generate(to)?;
    fs::remove_file(&main)?;
    // leptos was compiled with LEPTOS_OUTPUT_NAME and asks for this name.
    fs::rename(to.join("longshore_bg.wasm"), to.join("longshore.wasm"))?;
    Ok(())
}

/// One style sheet from all that `main.css` imports.
fn css(main: &Path, profile: Profile) -> Result<String> {
    use lightningcss::{
        bundler::{Bundler, FileProvider},
        printer::PrinterOptions,
        stylesheet::{MinifyOptions, ParserOptions},
    };
    let minify = profile == Profile::Release;
    let provider = FileProvider::new();
    let mut bundler = Bundler::new(&provider, None, ParserOptions::default());
    let mut sheet = bundler.bundle(main).map_err(|error| anyhow!("{error}"))?;
    if minify {
        sheet.minify(MinifyOptions::default()).map_err(|error| anyhow!("{error}"))?;
    }
    let printed =
        sheet.to_css(PrinterOptions { minify, ..PrinterOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    Ok(printed.code)
}

/// Moves what was built into the site. A console that serves the site meanwhile finds the old folder until `hash.txt`
/// names the new one.
fn publish(next: &Path, site: &Path, profile: Profile) -> Result<()> {
    let digest = site::digest("", &[next])?[..16].to_owned();
    if profile == Profile::Release {
        compress::folder(next)?;
    }
    let packages = site.join("pkg");
    fs::create_dir_all(&packages)?;
    let package = packages.join(&digest);
    site::remove(&package)?;
    fs::rename(next.join("pkg"), &package)?;
    let public: HashSet<PathBuf> =
        site::files(next)?.into_iter().filter_map(|file| file.strip_prefix(next).ok().map(Path::to_path_buf)).collect();
    site::copy(next, site)?;
    fs::write(site.join("hash.txt.next"), &digest)?;
    fs::rename(site.join("hash.txt.next"), site.join("hash.txt"))?;
    for entry in fs::read_dir(&packages)? {
        let entry = entry?;
        if entry.file_name() != OsStr::new(&digest) {
            site::remove(&entry.path())?;
        }
    }
    // A file that left public/ leaves the site.
    for file in site::files(site)? {
        let name = file.strip_prefix(site)?;
        if !name.starts_with("pkg") && name != Path::new("hash.txt") && !public.contains(name) {
            fs::remove_file(&file)?;
        }
    }
    site::remove(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(site: &Path) -> Vec<String> {
        let files = site::files(site).expect("the files");
        files.iter().filter_map(|file| Some(file.strip_prefix(site).ok()?.to_str()?.to_owned())).collect()
    }

    #[test]
    fn publishing_leaves_one_package_and_what_is_public_now() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (next, site) = (dir.path().join("next"), dir.path().join("site"));
        let make = |css: &str, public: &str| {
            fs::create_dir_all(next.join("pkg")).expect("a folder");
            fs::write(next.join("pkg/longshore.css"), css).expect("a file");
            fs::write(next.join(public), "x").expect("a file");
            publish(&next, &site, Profile::Debug).expect("published");
            fs::read_to_string(site.join("hash.txt")).expect("the digest")
        };
        let first = make("a{}", "icons.svg");
        assert_eq!(names(&site), ["hash.txt".to_owned(), "icons.svg".to_owned(), format!("pkg/{first}/longshore.css")]);
        let second = make("b{}", "favicon.ico");
        assert_ne!(first, second);
        assert_eq!(
            names(&site),
            ["favicon.ico".to_owned(), "hash.txt".to_owned(), format!("pkg/{second}/longshore.css")]
        );
        assert!(!next.exists());
    }

    #[test]
    fn a_release_has_packed_companions_and_the_same_digest_when_made_again() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (next, site) = (dir.path().join("next"), dir.path().join("site"));
        let make = || {
            fs::create_dir_all(next.join("pkg")).expect("a folder");
            fs::write(next.join("pkg/longshore.js"), "let a = 1;\n".repeat(100)).expect("a file");
            fs::write(next.join("icons.svg"), "<svg></svg>".repeat(100)).expect("a file");
            publish(&next, &site, Profile::Release).expect("published");
            fs::read_to_string(site.join("hash.txt")).expect("the digest")
        };
        let digest = make();
        assert_eq!(digest, make());
        let packed = |name: &str| ["", ".br", ".gz"].map(|kind| format!("{name}{kind}"));
        let script = packed(&format!("pkg/{digest}/longshore.js"));
        assert_eq!(
            names(&site),
            ["hash.txt".to_owned()].into_iter().chain(packed("icons.svg")).chain(script).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_style_sheet_is_one_file_and_small_in_a_release() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let main = dir.path().join("main.css");
        fs::write(&main, "@layer tokens, base;\n@import url('./tokens.css') layer(tokens);\n").expect("a file");
        fs::write(dir.path().join("tokens.css"), ":root {\n  --ink: light-dark(black, white);\n}\n").expect("a file");
        let small = css(&main, Profile::Release).expect("a style sheet");
        assert!(!small.contains("@import") && small.contains("--ink:"), "{small}");
        assert!(small.len() < css(&main, Profile::Debug).expect("a style sheet").len());
    }
}
