//! Pages without scripts, and what scripts add to them.

use serde_json::json;

use crate::world::{assert_none, world};

/// The words of the main part, but those of buttons, of ages and of what tells one bar: only scripts bring them to life.
const WORDS: &str = "(()=>{const main=document.querySelector('main').cloneNode(true);\
    main.querySelectorAll(':not(th)>button,template,noscript,[role=status],output,[data-age],[data-stale],[data-offline]').forEach(e=>e.remove());\
    return main.textContent.replace(/\\s+/g,' ').trim()})()";

#[test]
fn without_scripts_the_text_is_the_same() {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    let mut faults = Vec::new();
    for page in served.kinds().into_iter().filter(|page| !page.contains("explore/")) {
        tab.call("Emulation.setScriptExecutionDisabled", &json!({ "value": false }));
        tab.open(&served.server.url(&page));
        let with = tab.text(WORDS);
        tab.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
        tab.open(&served.server.url(&page));
        let without = tab.text(WORDS);
        if with != without || without.is_empty() {
            faults.push(format!(
                "{page}: {} letters with scripts, {} without",
                with.len(),
                without.len()
            ));
        }
    }
    assert_none(&faults);
}

const PAGE_COLOR: &str = "getComputedStyle(document.body).backgroundColor";

#[test]
fn a_theme_is_chosen_kept_and_let_go() {
    let world = world();
    let served = world.site("one-day");
    let mut tab = world.browser.tab();
    tab.prefer(&[("prefers-color-scheme", "light")]);
    let start = served.server.url("index.html");
    tab.open(&start);
    let light = tab.text(PAGE_COLOR);
    tab.run("document.querySelector('details.menu').open=true;document.getElementById('theme-dark').click()");
    let dark = tab.text(PAGE_COLOR);
    assert_ne!(dark, light);
    for page in ["index.html", "data/index.html"] {
        if served.pages.iter().any(|known| known == page) {
            tab.open(&served.server.url(page));
            assert_eq!(tab.text(PAGE_COLOR), dark, "{page}");
            assert_eq!(tab.run("document.getElementById('theme-dark').checked"), true);
        }
    }
    tab.prefer(&[("prefers-color-scheme", "dark")]);
    tab.run("document.getElementById('theme-light').click()");
    assert_eq!(tab.text(PAGE_COLOR), light);
    tab.run("document.getElementById('theme-system').click()");
    assert_eq!(tab.text(PAGE_COLOR), dark);
    tab.open(&start);
    assert_eq!(tab.text(PAGE_COLOR), dark);
}

#[test]
fn a_theme_can_be_chosen_without_scripts() {
    let world = world();
    let served = world.site("one-day");
    let mut tab = world.browser.tab();
    tab.prefer(&[("prefers-color-scheme", "light")]);
    tab.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    tab.open(&served.server.url("index.html"));
    let light = tab.text(PAGE_COLOR);
    tab.run("document.getElementById('theme-dark').checked=true");
    assert_ne!(tab.text(PAGE_COLOR), light);
}

#[test]
fn bars_can_be_read_one_by_one_with_the_keyboard() {
    let world = world();
    let mut tab = world.browser.tab();
    tab.open(&world.site("a-quarter").server.url("index.html"));
    tab.run("document.querySelector('[data-plot]').focus()");
    tab.press("End", 35);
    let last = tab.text("document.querySelector('[data-plot] .tip:not([hidden])').textContent");
    assert!(last.contains("20 May"), "{last}");
    tab.press("ArrowLeft", 37);
    let before = tab.text("document.querySelector('[data-plot] .tip:not([hidden])').textContent");
    assert!(before.contains("19 May"), "{before}");
    tab.press("Escape", 27);
    assert_eq!(tab.run("document.querySelectorAll('[data-plot] .tip:not([hidden])').length"), 0);
}

#[test]
fn a_table_of_sessions_can_be_sorted() {
    let world = world();
    let mut tab = world.browser.tab();
    tab.open(&world.site("a-year").server.url("sessions/index.html"));
    tab.run("[...document.querySelectorAll('table[data-sort] thead button')][3].click()");
    let sorted = tab.run(
        "(()=>{const rows=[...document.querySelectorAll('table[data-sort] tbody tr')].map(r=>Number(r.cells[3].dataset.value));\
         return rows.length>50&&rows.every((value,at)=>!at||rows[at-1]>=value)})()",
    );
    assert_eq!(sorted, true);
    assert_eq!(tab.run("document.querySelectorAll('table[data-sort] [aria-sort]').length"), 1);
}

#[test]
fn a_badge_s_address_can_be_copied() {
    let world = world();
    let mut tab = world.browser.tab();
    tab.open(&world.site("a-year").server.url("badges/index.html"));
    let button = "[...document.querySelectorAll('[data-copy]')].find(b=>b.checkVisibility())";
    // The real one asks for a permission, and for a window that a person looks at.
    tab.run(
        "Object.defineProperty(navigator,'clipboard',\
         {value:{writeText:async(text)=>{window.__copied=text}}})",
    );
    tab.run(&format!("window.__button={button};__button.click()"));
    tab.wait_for("window.__button.textContent===window.__button.dataset.copy");
    tab.wait_for("window.__copied===window.__button.previousElementSibling.textContent");
    assert!(tab.text("window.__copied").contains("badge/tokens-30d.svg"));
}
