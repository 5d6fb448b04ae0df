//! Who is signed in: their name, how the console looks to them, signing out. All of it are forms that work without
//! JavaScript.

use leptos::{ev, prelude::*};

use super::{SessionActions, path};
use crate::{
    components::{icon::icon, post_form::post_form, session::Session},
    domain::user::{Me, Theme},
};

/// The themes with their icons and names.
const THEMES: [(Theme, &str, &str); 3] =
    [(Theme::Auto, "monitor", "Auto"), (Theme::Light, "sun", "Light"), (Theme::Dark, "moon", "Dark")];

/// The button with the initials, and what it opens.
pub fn menu(actions: SessionActions) -> AnyView {
    let Session(me) = expect_context();
    // Chosen on this page; until then it is what the server knows.
    let chosen = RwSignal::new(None::<Theme>);
    let show = move || {
        Suspend::new(async move {
            match me.await {
                Ok(Some(me)) => of(&me, actions, chosen),
                _ => ().into_any(),
            }
        })
    };
    view! { <Transition fallback=|| view! { <span class="avatar"></span> }>{show}</Transition> }.into_any()
}

fn of(me: &Me, actions: SessionActions, chosen: RwSignal<Option<Theme>>) -> AnyView {
    let saved = me.theme;
    // After signing in without a reload the page still has the theme of nobody.
    Effect::new(move |_| paint(chosen.get().unwrap_or(saved)));
    let sign_out = view! { <button class="menu__item">{icon("log-out")}"Sign out"</button> }.into_any();
    let everywhere = view! { <button class="menu__item">{icon("x")}"Sign out everywhere"</button> }.into_any();
    view! {
        <button type="button" class="avatar" popovertarget="account" aria-label=format!("Account of {}", me.name)>{initials(&me.name)}</button>
        <section id="account" class="popover menu panel" popover="auto" aria-label="Account">
            <p class="menu__who"><b class="clip">{me.name.clone()}</b><span class="muted">{me.role.as_str()}</span></p>
            {themes(actions, saved, chosen)}
            {post_form(actions.sign_out, vec![], None, sign_out)}
            {post_form(actions.sign_out, vec![("everywhere", "on".to_owned())], None, everywhere)}
        </section>
    }
    .into_any()
}

/// Auto, light, dark. Changes at once, and is saved behind it.
fn themes(actions: SessionActions, saved: Theme, chosen: RwSignal<Option<Theme>>) -> AnyView {
    let path = path();
    let button = |(theme, name, label): (Theme, &'static str, &'static str)| {
        let choose = move |event: ev::MouseEvent| {
            event.prevent_default();
            chosen.set(Some(theme));
            actions.save_theme.run(theme);
        };
        let pressed = move || (chosen.get().unwrap_or(saved) == theme).to_string();
        view! { <button name="theme" value=theme.as_str() aria-pressed=pressed on:click=choose>{icon(name)}{label}</button> }.into_any()
    };
    view! {
        <form class="themes" method="post" action=actions.theme aria-label="Theme">
            <input type="hidden" name="next" value=move || path.get() />
            {THEMES.into_iter().map(button).collect::<Vec<_>>()}
        </form>
    }
    .into_any()
}

/// Shows the page in this theme.
fn paint(theme: Theme) {
    if let Some(html) = document().document_element() {
        let _ = html.set_attribute("data-theme", theme.as_str());
    }
}

/// One or two letters for a name.
fn initials(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
    words.take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_one_or_two_letters() {
        assert_eq!(initials("ana.kovač"), "AK");
        assert_eq!(initials("ana"), "A");
        assert_eq!(initials("örs-x-y"), "ÖX");
        assert_eq!(initials("-"), "");
    }
}
