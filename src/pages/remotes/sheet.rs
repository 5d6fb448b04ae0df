//! The recovery sheet: all that is needed to read encrypted files without Longshore. It is shown once, right after the
//! remote was made, and lives in this page alone: nowhere stored, in no address.

use js_sys::Array;
use leptos::{ev, html, leptos_dom::helpers::window_event_listener, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, Url};

use crate::{
    components::{copy::copy_button_then, icon::icon},
    domain::{remote::CryptRemote, shell},
};

/// What the sheet tells.
#[derive(Clone)]
pub(super) struct Recovery {
    /// The remote and its passwords.
    pub crypt: CryptRemote,
    /// rclone's word for what happens to names.
    pub names: String,
}

impl Recovery {
    /// The name of the file.
    fn file(&self) -> String {
        format!("{} recovery sheet.txt", self.crypt.name)
    }

    /// The sheet, as a file that is read years later by somebody who has never seen Longshore.
    fn text(&self) -> String {
        let Self { crypt: CryptRemote { name, remote, password, password2 }, names } = self;
        let options = [
            format!("remote={remote}"),
            format!("filename_encryption={names}"),
            format!("password={password}"),
            format!("password2={password2}"),
        ];
        let create = ["rclone", "config", "create", name.as_str(), "crypt"].into_iter();
        let command = shell::join(create.chain(options.iter().map(String::as_str)).chain(["--obscure"]));
        format!(
            "Recovery sheet of {name}\n\
             \n\
             The files in {remote} are encrypted.\n\
             Anyone with this sheet can read them. Without it, and without the\n\
             server that made it, nobody can.\n\
             \n\
             Password:\n  {password}\n\
             Salt (password2):\n  {password2}\n\
             Filename encryption:\n  {names}\n\
             Stored in:\n  {remote}\n\
             \n\
             To read them on any computer: install rclone (rclone.org), set up\n\
             the remote “{under}” again, where they are stored, and run\n\
             \n\
             {command}\n\
             \n\
             Then “rclone copy {quoted}: FOLDER” fetches them, decrypted.\n",
            under = remote.split(':').next().unwrap_or_default(),
            quoted = shell::quote(name.as_str()),
        )
    }
}

/// The sheet; `done` is called once somebody has kept it.
pub(super) fn sheet(recovery: &Recovery, done: Callback<()>) -> AnyView {
    // Taken out of the page in some way; and said to be kept.
    let (taken, kept) = (RwSignal::new(false), RwSignal::new(false));
    let (file, text) = (recovery.file(), recovery.text());
    let name = recovery.crypt.name.to_string();
    let saved = text.clone();
    let download = move |_| {
        if save(&file, &saved).is_ok() {
            taken.set(true);
        }
    };
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
        }
    });
    // To close the tab now would lose it.
    Effect::new(move |_| {
        let guard = window_event_listener(ev::beforeunload, move |event| {
            if kept.try_get_untracked() == Some(false) {
                event.prevent_default();
            }
        });
        on_cleanup(move || guard.remove());
    });
    let copied = Callback::new(move |()| taken.set(true));
    view! {
        <div class="form sheet">
            <div class="field">
                <h2 tabindex="-1" node_ref=heading>{format!("Keep the recovery sheet of {name}")}</h2>
                <p class="muted">"Both remotes are saved. This is shown once: without it, and without this server, nobody can read the encrypted files again. Keep it somewhere other than this server and the storage."</p>
            </div>
            <pre class="sheet__text" tabindex="0" aria-label="Recovery sheet" data-sheet on:copy=move |_| taken.set(true)>{text.clone()}</pre>
            <div class="row sheet__take">
                <button type="button" class="button" on:click=download>{icon("download")}"Download"</button>
                {copy_button_then(text, "the recovery sheet", copied)}
            </div>
            <div class="field">
                <label class="check">
                    <input
                        type="checkbox"
                        aria-describedby="sheet-help"
                        disabled=move || !taken.get()
                        prop:checked=kept
                        on:change:target=move |event| kept.set(event.target().checked())
                    />
                    "I have saved it"
                </label>
                <p class="help" id="sheet-help">
                    {move || if taken.get() { "In a safe, on paper, in a password manager." } else { "Download or copy it first." }}
                </p>
            </div>
            <footer>
                <button type="button" class="button button--primary" disabled=move || !kept.get() on:click=move |_| done.run(())>"Go to the remotes"</button>
            </footer>
        </div>
    }
    .into_any()
}

/// Saves a text as a file, made here: it goes through no address and no server.
fn save(file: &str, text: &str) -> Result<(), JsValue> {
    let blob = Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(text)))?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(file);
    link.click();
    Url::revoke_object_url(&url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery(password: &str) -> Recovery {
        let crypt = CryptRemote {
            name: "b2 new-crypt".parse().expect("a name"),
            remote: "b2 new:archive/safe".to_owned(),
            password: password.to_owned(),
            password2: "-salt_2".to_owned(),
        };
        Recovery { crypt, names: "obfuscate".to_owned() }
    }

    #[test]
    fn the_sheet_has_a_command_that_a_shell_reads_as_it_is_meant() {
        let text = recovery("it's $HOME").text();
        let command = "rclone config create 'b2 new-crypt' crypt remote='b2 new:archive/safe' filename_encryption=obfuscate \
                       password=\"it's \"'$HOME' password2=-salt_2 --obscure";
        assert!(text.lines().any(|line| line == command), "{text}");
        assert!(text.contains("rclone copy 'b2 new-crypt': FOLDER"), "{text}");
    }
}
