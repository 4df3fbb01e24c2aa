//! Pages fit: on a phone, with large text, with wide spacing, from right to left, on paper.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::chromium::Tab;
use crate::world::{assert_none, world};

/// Elements that make the page wider than the window, the innermost ones.
const WIDE: &str = "(()=>{const root=document.documentElement;if(root.scrollWidth<=innerWidth)return [];\
    const out=e=>{const b=e.getBoundingClientRect();return b.width&&(b.right>innerWidth+1||b.left<-1)&&!e.closest('.scroll,.hidden,.skip,pre')};\
    const wide=[...document.querySelectorAll('body *')].filter(out);\
    return [root.scrollWidth+' px: '+wide.slice(-3).map(e=>e.outerHTML.slice(0,120)).join(' | ')]})()";

/// A style sheet of the test's own: the policy of the page forbids one in the page, and does not apply to these.
fn style(tab: &mut Tab<'_>, css: &str) {
    let css = Value::from(css);
    tab.run(&format!(
        "(()=>{{const s=new CSSStyleSheet();s.replaceSync({css});document.adoptedStyleSheets=[s]}})()"
    ));
}

/// Opens every kind of page of some states and looks whether it fits.
fn assert_fits(width: u32, states: &[&str], css: &str, script: &str) {
    let world = world();
    let mut tab = world.browser.tab();
    tab.resize(width, 800);
    let mut faults = Vec::new();
    for state in states {
        let served = world.site(state);
        for page in served.kinds() {
            tab.open(&served.server.url(&page));
            style(&mut tab, css);
            tab.run(script);
            tab.run("document.querySelectorAll('main details').forEach(d=>d.open=true)");
            let told = tab.run(WIDE);
            let told = told.as_array().into_iter().flatten();
            faults.extend(told.map(|fault| format!("{state} {page} at {width}: {fault}")));
        }
    }
    assert_none(&faults);
}

#[test]
fn pages_fit_on_a_phone_with_everything_unfolded() {
    assert_fits(320, &["a-year", "empty", "one-day", "languages", "hostile"], "", "0");
}

#[test]
fn pages_fit_with_text_of_double_size() {
    assert_fits(1280, &["a-year"], "html{font-size:200%}", "0");
    assert_fits(640, &["a-quarter"], "html{font-size:200%}", "0");
}

/// WCAG 1.4.12.
#[test]
fn pages_fit_with_wide_spacing() {
    let spacing = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}";
    assert_fits(320, &["a-quarter"], spacing, "0");
}

#[test]
fn pages_fit_from_right_to_left() {
    assert_fits(320, &["a-quarter"], "", "document.documentElement.dir='rtl'");
    assert_fits(1280, &["a-quarter"], "", "document.documentElement.dir='rtl'");
}

/// Targets are at least 24 pixels high or stand in a text (WCAG 2.5.8), where axe cannot tell.
#[test]
fn targets_of_the_frame_are_large_enough() {
    let world = world();
    let mut tab = world.browser.tab();
    tab.open(&world.site("a-quarter").server.url("index.html"));
    let small = tab.run(
        "[...document.querySelectorAll('header a,header summary,nav a,.tabs a,footer a,main>section>details>summary')]\
         .filter(e=>e.checkVisibility()&&!e.matches('.skip')&&e.getBoundingClientRect().height<24).map(e=>e.outerHTML.slice(0,120))",
    );
    assert_eq!(small, json!([]));
}

#[test]
fn pages_print_on_a_few_sheets() {
    let world = world();
    let served = world.site("a-year");
    let mut tab = world.browser.tab();
    let mut faults = Vec::new();
    for page in served.kinds() {
        tab.open(&served.server.url(&page));
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": true });
        let told = tab.call("Page.printToPDF", &paper);
        let bytes = BASE64.decode(told["data"].as_str().unwrap().as_bytes()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let sheets = text.matches("/Type /Page\n").count();
        println!("{page}: {sheets} sheets");
        if !(1..=12).contains(&sheets) {
            faults.push(format!("{page}: {sheets} sheets of paper"));
        }
    }
    assert_none(&faults);
}
